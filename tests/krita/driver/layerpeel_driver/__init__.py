"""Runs inside the Krita that a test started: lets the test look, and act, from Krita's own thread.

Never part of the plugin zip. Without the environment of a test it does nothing.
"""

import os

from . import unhandled
from .server import Server

if "LAYERPEEL_DRIVER_READY" in os.environ:
    unhandled.collect()
    server = Server(os.environ["LAYERPEEL_DRIVER_TOKEN"])
    server.announce_when_window_shows(os.environ["LAYERPEEL_DRIVER_READY"])
