"""Executes what a test sends over a loopback socket, on the GUI thread: one line of JSON each way.

Asked:    {"token": …, "code": "result = …", "values": {"name": value}}
Answered: {"value": result} or {"error": traceback}
"""

import json
import linecache
import os
import sys
import traceback

from krita import Krita

from . import documents, editing, heartbeat, inputs, lettering, qt, unhandled, widgets, witness
from .qt import QApplication, QHostAddress, QTcpServer, QTimer

CODE_OF_TEST = "<code of the test>"
WINDOW_POLL_MS = 100
POSTPONED_MS = 5


class Server(QTcpServer):
    """Listens on a free port; rejects clients without the token."""

    def __init__(self, token):
        super().__init__()
        self._token = token
        # A socket and its slots only refer to each other: without this, they are garbage-collected.
        self._sockets = set()
        self.newConnection.connect(self._accept)
        if not self.listen(QHostAddress(QHostAddress.SpecialAddress.LocalHost), 0):
            raise OSError(self.errorString())

    def announce_when_window_shows(self, path):
        """Write the port to the file at `path`, atomically, once Krita can be used."""
        window = Krita.instance().activeWindow()
        if window is None or not window.qwindow().isVisible():
            QTimer.singleShot(WINDOW_POLL_MS, lambda: self.announce_when_window_shows(path))
            return
        unhandled.collect()  # Again: a plugin loaded later may have installed its own hook.
        window.qwindow().showMaximized()
        with open(path + ".part", "w", encoding="utf-8") as ready:  # noqa: PTH123
            ready.write(str(self.serverPort()))
        os.replace(path + ".part", path)  # noqa: PTH105

    def _accept(self):
        socket = self.nextPendingConnection()
        self._sockets.add(socket)
        socket.readyRead.connect(lambda: self._answer(socket))
        socket.disconnected.connect(lambda: self._forget(socket))

    def _forget(self, socket):
        self._sockets.discard(socket)
        socket.deleteLater()

    def _answer(self, socket):
        if is_amid_other_python():
            QTimer.singleShot(
                POSTPONED_MS, lambda: self._answer(socket) if socket in self._sockets else None
            )
            return
        while socket.canReadLine():
            asked = json.loads(bytes(socket.readLine()).decode("utf-8"))
            if asked["token"] != self._token:
                socket.abort()
                return
            answer = execute(asked["code"], asked["values"])
            socket.write(json.dumps(answer).encode("utf-8") + b"\n")
            socket.flush()  # Krita may be about to quit.


def is_amid_other_python():
    """Whether Krita handles events in the midst of what the plugin is doing, as Krita 6 does where
    it is asked for a document's active layer: what could be seen then is half done. A dialog that
    the plugin waits for does not count.
    """
    if QApplication.activeModalWidget() is not None or QApplication.activePopupWidget() is not None:
        return False
    frame = sys._getframe()
    while frame is not None and frame.f_code.co_filename == __file__:
        frame = frame.f_back
    return frame is not None


def execute(code, values):
    """Run code; return what it leaves in `result`, or the traceback."""
    names = {
        "krita": Krita.instance(),
        "documents": documents,
        "editing": editing,
        "widgets": widgets,
        "inputs": inputs,
        "lettering": lettering,
        "witness": witness,
        "heartbeat": heartbeat,
        "qt": qt,
        "unhandled": unhandled,
        "result": None,
        **values,
    }
    # Tracebacks show the line of the test's code.
    linecache.cache[CODE_OF_TEST] = (len(code), None, code.splitlines(keepends=True), CODE_OF_TEST)
    with Thrown() as thrown:
        exec(compile(code, CODE_OF_TEST, "exec"), names)  # noqa: S102 (that is what it is for)
        json.dumps(names["result"])
    return {"error": thrown.text} if thrown.text else {"value": names["result"]}


class Thrown:
    """Catches everything raised inside, and keeps the traceback for the test."""

    def __init__(self):
        self.text = None

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if kind is not None:
            self.text = "".join(traceback.format_exception(kind, error, trace))
        return True
