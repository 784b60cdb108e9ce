"""A window with one line for a password. See gtk_field.py."""
import sys

from gtk_field import Gtk, run

entry = Gtk.Entry(visibility=False)


def watch(changed):
    for signal in ("notify::text", "notify::cursor-position", "notify::selection-bound"):
        entry.connect(signal, changed)


def state():
    return entry.get_text(), entry.get_position(), entry.get_position()


def set_state(text, caret, anchor):
    entry.set_text(text)
    entry.select_region(anchor, caret)


run(sys.argv[1], entry, entry, watch, state, set_state)
