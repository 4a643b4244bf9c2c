"""Collects unhandled exceptions; Krita would show a dialog for each."""

import sys
import threading
import traceback

errors = []


def collect():
    """Install all three hooks by which Python reports unhandled exceptions."""
    sys.excepthook = _keep
    threading.excepthook = lambda thrown: _keep(
        thrown.exc_type, thrown.exc_value, thrown.exc_traceback
    )
    sys.unraisablehook = lambda thrown: _keep(
        thrown.exc_type, thrown.exc_value, thrown.exc_traceback
    )


def _keep(kind, error, trace):
    text = "".join(traceback.format_exception(kind, error, trace))
    errors.append(text)
    sys.stderr.write(text)
