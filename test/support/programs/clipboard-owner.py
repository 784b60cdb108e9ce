"""Owns a selection with several formats at once, and obeys JSON lines.

Arguments: the selection (CLIPBOARD, PRIMARY).
In: {"own": {target: base64, …}} takes the selection with these formats; {"ask": target} asks the selection's owner.
Out: {"owned": true}, {"asked": target} whenever somebody asks for one of them, {"answer": base64 or null}.
"""
import base64
import json
import sys

import gi

gi.require_version("Gdk", "3.0")
gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, GLib, Gtk  # noqa: E402

selection = Gdk.Atom.intern(sys.argv[1], False)
holder = Gtk.Window()
holder.realize()
formats = {}


def tell(value):
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


def own(contents):
    formats.clear()
    formats.update(contents)
    Gtk.selection_clear_targets(holder, selection)
    for name in contents:
        Gtk.selection_add_target(holder, selection, Gdk.Atom.intern(name, False), 0)
    Gtk.selection_owner_set(holder, selection, Gdk.CURRENT_TIME)


def ask(name):
    data = Gtk.Clipboard.get(selection).wait_for_contents(Gdk.Atom.intern(name, False))
    return None if data is None else base64.b64encode(data.get_data()).decode()


def get(_, data, info, time):
    name = data.get_target().name()
    tell({"asked": name})
    if name in formats:
        data.set(data.get_target(), 8, formats[name])


def obey(source, condition):
    line = sys.stdin.readline()
    if not line:
        Gtk.main_quit()
        return False
    order = json.loads(line)
    if "own" in order:
        own({name: base64.b64decode(data) for name, data in order["own"].items()})
        Gdk.Display.get_default().sync()
        tell({"owned": True})
    if "ask" in order:
        tell({"answer": ask(order["ask"])})
    return True


holder.connect("selection-get", get)
GLib.io_add_watch(sys.stdin, GLib.IO_IN | GLib.IO_HUP, obey)
Gtk.main()
