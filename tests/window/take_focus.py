"""Takes the keyboard's focus away from every window of the screen, as when the user works in another program.

The tests' screen has no window manager and no other program, so the X server is told itself, through Xlib, which GTK brings
along. With the argument `back` the focus is where the pointer is, as at the start of the server.

Usage: take_focus.py [back].
"""

import ctypes
import sys

NONE, POINTER_ROOT = 0, 1
REVERT_TO_NONE = 0
X = ctypes.CDLL("libX11.so.6")
X.XOpenDisplay.restype = ctypes.c_void_p
X.XOpenDisplay.argtypes = [ctypes.c_char_p]
X.XSetInputFocus.argtypes = [ctypes.c_void_p, ctypes.c_ulong, ctypes.c_int, ctypes.c_ulong]
X.XSync.argtypes = [ctypes.c_void_p, ctypes.c_int]

display = X.XOpenDisplay(None)
if not display:
    sys.exit("there is no X display")
X.XSetInputFocus(display, POINTER_ROOT if sys.argv[1:] == ["back"] else NONE, REVERT_TO_NONE, 0)
X.XSync(display, 0)
