"""Qt, whichever one Krita brings: PyQt5 until Krita 5, PyQt6 from Krita 6 on.

Everything else in the plugin imports Qt from here, and names enums with their scope
(`Qt.AlignmentFlag.AlignTop`), which both understand.
"""

try:
    from PyQt5.QtCore import (
        QByteArray,
        QEvent,
        QObject,
        QProcess,
        QProcessEnvironment,
        QSize,
        Qt,
        QTimer,
        QUrl,
        pyqtSignal,
    )
    from PyQt5.QtGui import QIcon, QPalette, QPixmap, QResizeEvent
    from PyQt5.QtNetwork import QNetworkAccessManager, QNetworkReply, QNetworkRequest
    from PyQt5.QtWidgets import (
        QAction,
        QApplication,
        QButtonGroup,
        QCheckBox,
        QComboBox,
        QDialog,
        QDialogButtonBox,
        QFormLayout,
        QHBoxLayout,
        QLabel,
        QLineEdit,
        QMenu,
        QProgressBar,
        QPushButton,
        QSizePolicy,
        QSpinBox,
        QToolButton,
        QVBoxLayout,
        QWidget,
    )
except ImportError:
    from PyQt6.QtCore import (  # type: ignore[no-redef]
        QByteArray,
        QEvent,
        QObject,
        QProcess,
        QProcessEnvironment,
        QSize,
        Qt,
        QTimer,
        QUrl,
        pyqtSignal,
    )
    from PyQt6.QtGui import QAction, QIcon, QPalette, QPixmap, QResizeEvent  # type: ignore[no-redef]
    from PyQt6.QtNetwork import (  # type: ignore[no-redef]
        QNetworkAccessManager,
        QNetworkReply,
        QNetworkRequest,
    )
    from PyQt6.QtWidgets import (  # type: ignore[no-redef]
        QApplication,
        QButtonGroup,
        QCheckBox,
        QComboBox,
        QDialog,
        QDialogButtonBox,
        QFormLayout,
        QHBoxLayout,
        QLabel,
        QLineEdit,
        QMenu,
        QProgressBar,
        QPushButton,
        QSizePolicy,
        QSpinBox,
        QToolButton,
        QVBoxLayout,
        QWidget,
    )

__all__ = [
    "QAction",
    "QApplication",
    "QButtonGroup",
    "QByteArray",
    "QCheckBox",
    "QComboBox",
    "QDialog",
    "QDialogButtonBox",
    "QEvent",
    "QFormLayout",
    "QHBoxLayout",
    "QIcon",
    "QLabel",
    "QLineEdit",
    "QMenu",
    "QNetworkAccessManager",
    "QNetworkReply",
    "QNetworkRequest",
    "QObject",
    "QPalette",
    "QPixmap",
    "QProcess",
    "QProcessEnvironment",
    "QProgressBar",
    "QPushButton",
    "QResizeEvent",
    "QSize",
    "QSizePolicy",
    "QSpinBox",
    "QTimer",
    "QToolButton",
    "QUrl",
    "QVBoxLayout",
    "QWidget",
    "Qt",
    "pyqtSignal",
]
