"""What the GTK test programs share: they tell their text, caret, selection and keys as JSON lines and obey JSON lines.

Out: {"text", "caret", "anchor"} at each change (positions in code points), {"key", "code", "group", "state", "ms"} for
each key press (CLOCK_MONOTONIC milliseconds), {"focus": true | false}, {"obeyed": true} after each order.
In: {"set": text, "caret": position, "anchor": position}.
"""
import json
import sys
import time

import gi

gi.require_version("Gdk", "3.0")
gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, GLib, Gtk  # noqa: E402


def tell(value):
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


def run(title, widget, field, watch, state, set_state):
    """Shows `widget`; `watch(callback)` connects to the changes of `field`, `state()` is (text, caret, anchor)."""
    window = Gtk.Window(title=title)
    window.set_default_size(500, 200)
    window.add(widget)
    window.connect("destroy", Gtk.main_quit)
    last = []
    holding = []

    def changed(*_):
        text, caret, anchor = state()
        now = {"text": text, "caret": caret, "anchor": anchor}
        if not holding and last != [now]:
            last[:] = [now]
            tell(now)

    def pressed(_, event):
        tell({
            "key": Gdk.keyval_name(event.keyval),
            "code": event.hardware_keycode,
            "group": event.group,
            "state": int(event.state),
            "ms": time.clock_gettime(time.CLOCK_MONOTONIC) * 1000,
        })
        return False

    def obey(source, condition):
        line = sys.stdin.readline()
        if not line:
            Gtk.main_quit()
            return False
        order = json.loads(line)
        holding.append(True)
        set_state(order["set"], order["caret"], order["anchor"])
        holding.clear()
        last.clear()
        changed()
        tell({"obeyed": True})
        return True

    watch(changed)
    field.connect("key-press-event", pressed)
    field.connect("focus-in-event", lambda *_: tell({"focus": True}))
    field.connect("focus-out-event", lambda *_: tell({"focus": False}))
    GLib.io_add_watch(sys.stdin, GLib.IO_IN | GLib.IO_HUP, obey)
    window.show_all()
    field.grab_focus()
    changed()
    Gtk.main()
