"""A window with one line of text. See gtk_field.py."""
import sys

from gtk_field import Gtk, run

entry = Gtk.Entry()


def watch(changed):
    for signal in ("notify::text", "notify::cursor-position", "notify::selection-bound"):
        entry.connect(signal, changed)


def state():
    caret = entry.get_position()
    bounds = entry.get_selection_bounds()
    anchor = caret if not bounds else bounds[0] + bounds[1] - caret
    return entry.get_text(), caret, anchor


def set_state(text, caret, anchor):
    entry.set_text(text)
    entry.select_region(anchor, caret)


run(sys.argv[1], entry, entry, watch, state, set_state)
