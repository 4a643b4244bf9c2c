"""A plugin inside the Krita of a test, which runs the test's code on the GUI thread.

Never part of the plugin zip. Without a test's environment it does nothing.
"""

import os

from . import unhandled
from .server import Server

if "LAYERPEEL_DRIVER_READY" in os.environ:
    unhandled.collect()
    server = Server(os.environ["LAYERPEEL_DRIVER_TOKEN"])
    server.announce_when_window_shows(os.environ["LAYERPEEL_DRIVER_READY"])
