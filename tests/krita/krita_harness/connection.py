"""The test's side of the connection to the driver inside Krita."""

import json
import socket

SECONDS_FOR_AN_ANSWER = 120


class ErrorInKritaError(Exception):
    """The code of a test failed inside Krita; the message is the traceback from there."""


class ConnectionLostError(Exception):
    """Krita has gone, or its GUI thread does not answer."""


class Connection:
    """Sends code to the driver and waits for the answer."""

    def __init__(self, port, token):
        self._token = token
        self._socket = socket.create_connection(("127.0.0.1", port), SECONDS_FOR_AN_ANSWER)
        self._lines = self._socket.makefile("rwb")

    def run(self, code, values):
        """Run code in Krita, return what it leaves in `result`. Both values and result are JSON."""
        asked = {"token": self._token, "code": code, "values": values}
        try:
            self._lines.write(json.dumps(asked).encode() + b"\n")
            self._lines.flush()
            line = self._lines.readline()
        except TimeoutError as error:
            raise ConnectionLostError(
                f"Krita has not answered for {SECONDS_FOR_AN_ANSWER} s. It was asked: {code}"
            ) from error
        except OSError as error:
            raise ConnectionLostError("Krita has gone") from error
        if not line:
            raise ConnectionLostError(f"Krita went away. It was asked: {code}")
        answer = json.loads(line)
        if "error" in answer:
            raise ErrorInKritaError(answer["error"])
        return answer["value"]

    def close(self):
        """Hang up."""
        self._socket.close()
