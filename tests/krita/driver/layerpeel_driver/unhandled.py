"""Collects exceptions that nobody handled; Krita would stop at a dialog for each."""

import sys
import threading
import traceback

errors = []


def collect():
    """Take all three ways on which Python reports what nobody handled."""
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
