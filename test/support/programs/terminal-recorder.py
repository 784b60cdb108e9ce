"""Runs in a terminal and tells every byte that the terminal gives it.

terminal-recorder.py BYTES EVENTS [COMMAND...]: two Unix sockets. BYTES gets the bytes; EVENTS gets texts that end in NUL,
`ready` first. Alone it reads in raw mode; with a command, a shell, it stands between the terminal and it, and the shell
writes its own events to file descriptor $EVENTS.
"""
import os
import pty
import socket
import sys
import tty


def connect(path):
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(path)
    return connection


told_bytes = connect(sys.argv[1])
events = connect(sys.argv[2])
command = sys.argv[3:]
PASTE_MODE_ON = b"\x1b[?2004h"
seen = [b""]


def read_terminal(descriptor):
    data = os.read(descriptor, 65536)
    told_bytes.sendall(data)
    return data


def read_shell(descriptor):
    """A shell is ready when it has asked the terminal to mark pastes."""
    data = os.read(descriptor, 65536)
    if seen:
        seen[0] += data
        if PASTE_MODE_ON in seen[0]:
            seen.clear()
            events.sendall(b"ready\0")
    return data


if command:
    os.environ["EVENTS"] = str(events.fileno())
    events.set_inheritable(True)
    pty.spawn(command, read_shell, read_terminal)
else:
    tty.setraw(0)
    events.sendall(b"ready\0")
    while read_terminal(0):
        pass
