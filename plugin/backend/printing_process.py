"""A program that we wait for without holding the GUI thread, and whose words are heard."""

from typing import Callable, List, Mapping, Optional

from layerpeel.plugin.backend.child_environment import child_environment
from layerpeel.plugin.backend.native_words import word_for_qt
from layerpeel.plugin.qt import QApplication, QObject, QProcess, QTimer

CANNOT_START = -1
_MOST_KEPT = 200_000  # characters
_SECONDS_TO_DIE = 3


class PrintingProcess(QObject):
    """A program, started on creation. It ends with Krita.

    said: called with each line that it prints.
    ended: called once with its exit code (CANNOT_START when there is no such program) and the end
        of what it printed; not after `kill`.
    """

    def __init__(
        self,
        command: List[str],
        said: Callable[[str], None],
        ended: Callable[[int, str], None],
        more: Optional[Mapping[str, str]] = None,
        parent: Optional[QObject] = None,
    ) -> None:
        """more: environment variables that it gets besides the user's."""
        super().__init__(parent)
        self._said, self._ended = said, ended
        self._printed, self._rest = "", b""
        self._is_over = False
        self._process = QProcess(self)
        self._process.setProcessEnvironment(child_environment(more))
        self._process.setProcessChannelMode(QProcess.ProcessChannelMode.MergedChannels)
        self._process.readyRead.connect(self._read)
        self._process.finished.connect(lambda code, _status: self._end(code))
        self._process.errorOccurred.connect(self._failed)
        application = QApplication.instance()
        if application is not None:
            application.aboutToQuit.connect(self.kill)
        words = [word_for_qt(word) for word in command]
        self._process.start(words[0], words[1:])
        self._process.closeWriteChannel()

    def end_after(self, milliseconds: int) -> None:
        """Kill it if it has not ended by then; `ended` is called."""
        QTimer.singleShot(milliseconds, self._process.kill)

    def kill(self) -> None:
        """End it now, and wait until it has ended."""
        self._is_over = True
        if self._process.state() != QProcess.ProcessState.NotRunning:
            self._process.kill()
            self._process.waitForFinished(_SECONDS_TO_DIE * 1000)

    def _read(self) -> None:
        *lines, self._rest = (self._rest + bytes(self._process.readAll())).split(b"\n")
        for line in lines:
            self._hear(line)

    def _hear(self, line: bytes) -> None:
        text = line.decode("utf-8", "replace").rstrip()
        self._printed = (self._printed + text + "\n")[-_MOST_KEPT:]
        if not self._is_over:
            self._said(text)

    def _failed(self, error: QProcess.ProcessError) -> None:
        # Any other error is followed by `finished`. Windows tells before the constructor is done.
        if error == QProcess.ProcessError.FailedToStart:
            QTimer.singleShot(0, lambda: self._end(CANNOT_START))

    def _end(self, code: int) -> None:
        if self._is_over:
            return
        self._read()
        if self._rest:
            self._hear(self._rest)
        self._is_over = True
        self._ended(code, self._printed)
