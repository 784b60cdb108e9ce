"""A window with a text of many lines. See gtk_field.py."""
import sys

from gtk_field import Gtk, run

view = Gtk.TextView()
view.set_wrap_mode(Gtk.WrapMode.WORD_CHAR)
scrolled = Gtk.ScrolledWindow()
scrolled.add(view)
buffer = view.get_buffer()


def watch(changed):
    buffer.connect("changed", changed)
    buffer.connect("notify::cursor-position", changed)
    buffer.connect("notify::has-selection", changed)


def state():
    text = buffer.get_text(buffer.get_start_iter(), buffer.get_end_iter(), True)
    caret = buffer.get_iter_at_mark(buffer.get_insert()).get_offset()
    anchor = buffer.get_iter_at_mark(buffer.get_selection_bound()).get_offset()
    return text, caret, anchor


def set_state(text, caret, anchor):
    buffer.set_text(text)
    buffer.select_range(buffer.get_iter_at_offset(caret), buffer.get_iter_at_offset(anchor))


run(sys.argv[1], scrolled, view, watch, state, set_state)
