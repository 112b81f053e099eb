"""Asks the windows of a process to close, as the button in their frame would.

The tests' screen has no window manager whose button could be clicked, and ending the WebDriver session kills the program
instead. So this sends the message (WM_DELETE_WINDOW) that such a button sends, through Xlib, which GTK brings along.

Usage: ask_to_close.py PROCESS_ID. Exits with 1 when the process has no window.
"""

import ctypes
import sys

CLIENT_MESSAGE = 33
X = ctypes.CDLL("libX11.so.6")
Handle = ctypes.c_ulong


class ClientMessage(ctypes.Structure):
    """XClientMessageEvent, padded to the size of the union XEvent."""

    _fields_ = [
        ("type", ctypes.c_int),
        ("serial", ctypes.c_ulong),
        ("send_event", ctypes.c_int),
        ("display", ctypes.c_void_p),
        ("window", Handle),
        ("message_type", Handle),
        ("format", ctypes.c_int),
        ("data", ctypes.c_long * 5),
        ("padding", ctypes.c_long * 24),
    ]


X.XOpenDisplay.restype = ctypes.c_void_p
X.XDefaultRootWindow.argtypes = [ctypes.c_void_p]
X.XDefaultRootWindow.restype = Handle
X.XInternAtom.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int]
X.XInternAtom.restype = Handle
X.XQueryTree.argtypes = [ctypes.c_void_p, Handle] + [ctypes.c_void_p] * 4
X.XGetWindowProperty.argtypes = (
    [ctypes.c_void_p, Handle, Handle, ctypes.c_long, ctypes.c_long, ctypes.c_int, Handle] + [ctypes.c_void_p] * 5
)
X.XSendEvent.argtypes = [ctypes.c_void_p, Handle, ctypes.c_int, ctypes.c_long, ctypes.c_void_p]
X.XFlush.argtypes = [ctypes.c_void_p]


def children(display, window):
    """The windows directly inside `window`."""
    root, parent, count = Handle(), Handle(), ctypes.c_uint()
    found = ctypes.POINTER(Handle)()
    refs = [ctypes.byref(value) for value in (root, parent, found, count)]
    if not X.XQueryTree(display, window, *refs):
        return []
    return [found[index] for index in range(count.value)]


def numbers(display, window, name):
    """The values of a window's property that holds whole numbers."""
    kind, size, count, rest = Handle(), ctypes.c_int(), ctypes.c_ulong(), ctypes.c_ulong()
    data = ctypes.POINTER(ctypes.c_ulong)()
    refs = [ctypes.byref(value) for value in (kind, size, count, rest, data)]
    atom = X.XInternAtom(display, name, 0)
    if X.XGetWindowProperty(display, window, atom, 0, 64, 0, 0, *refs) != 0 or size.value != 32:
        return []
    return [data[index] for index in range(count.value)]


def main(process):
    display = X.XOpenDisplay(None)
    if not display:
        sys.exit("There is no X display. Run the tests through xvfb-run.")
    protocols, delete = (X.XInternAtom(display, name, 0) for name in (b"WM_PROTOCOLS", b"WM_DELETE_WINDOW"))
    asked = 0
    for window in children(display, X.XDefaultRootWindow(display)):
        # Only a window that the program itself shows listens to the message; GTK keeps others that are never seen.
        if process not in numbers(display, window, b"_NET_WM_PID") or delete not in numbers(display, window, b"WM_PROTOCOLS"):
            continue
        event = ClientMessage(type=CLIENT_MESSAGE, window=window, message_type=protocols, format=32)
        event.data[0] = delete
        X.XSendEvent(display, window, 0, 0, ctypes.byref(event))
        asked += 1
    X.XFlush(display)
    return asked


if __name__ == "__main__":
    sys.exit(0 if main(int(sys.argv[1])) else 1)
