"""Executes what a test sends over a loopback socket, on the GUI thread: one line of JSON each way.

Asked:    {"token": …, "code": "result = …", "values": {"name": value}}
Answered: {"value": result} or {"error": traceback}
"""

import json
import linecache
import os
import traceback

from krita import Krita
from PyQt5.QtCore import QTimer
from PyQt5.QtNetwork import QHostAddress, QTcpServer

from . import documents, editing, heartbeat, inputs, unhandled, widgets, witness

CODE_OF_TEST = "<code of the test>"
WINDOW_POLL_MS = 100


class Server(QTcpServer):
    """Listens on a free port; turns away whoever does not know the token."""

    def __init__(self, token):
        super().__init__()
        self._token = token
        # A socket and its slots refer to each other: without this, Python takes both for garbage.
        self._sockets = set()
        self.newConnection.connect(self._accept)
        if not self.listen(QHostAddress(QHostAddress.LocalHost), 0):
            raise OSError(self.errorString())

    def announce_when_window_shows(self, path):
        """Write the port to the file at `path`, whole or not at all, once Krita can be used."""
        window = Krita.instance().activeWindow()
        if window is None or not window.qwindow().isVisible():
            QTimer.singleShot(WINDOW_POLL_MS, lambda: self.announce_when_window_shows(path))
            return
        unhandled.collect()  # Again: a plugin that loaded later may have put its own in place.
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
        while socket.canReadLine():
            asked = json.loads(bytes(socket.readLine()).decode("utf-8"))
            if asked["token"] != self._token:
                socket.abort()
                return
            answer = execute(asked["code"], asked["values"])
            socket.write(json.dumps(answer).encode("utf-8") + b"\n")
            socket.flush()  # Krita may be about to quit.


def execute(code, values):
    """Run code that leaves its answer in `result`; say what it left, or the traceback."""
    names = {
        "krita": Krita.instance(),
        "documents": documents,
        "editing": editing,
        "widgets": widgets,
        "inputs": inputs,
        "witness": witness,
        "heartbeat": heartbeat,
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
    """Keeps the traceback of whatever is thrown inside: it belongs to the test, not to Krita."""

    def __init__(self):
        self.text = None

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if kind is not None:
            self.text = "".join(traceback.format_exception(kind, error, trace))
        return True
