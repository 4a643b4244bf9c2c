"""Registers the docker and its actions with Krita."""

from typing import Callable, List

from krita import DockWidgetFactory, DockWidgetFactoryBase, Extension, Krita, Window

from layerpeel.plugin.docker import LayerpeelDocker, docker_of_active_window
from layerpeel.plugin.texts import i18n

DOCKER_ID = "layerpeel_docker"

_DOCKERS: List[LayerpeelDocker] = []


class _Docker(LayerpeelDocker):
    """Adds itself to the list through which shortcuts reach the dockers."""

    def __init__(self) -> None:
        super().__init__()
        _DOCKERS.append(self)
        self.destroyed.connect(lambda _gone=None, docker=self: _DOCKERS.remove(docker))


class LayerpeelExtension(Extension):
    """The actions that appear in Krita's shortcut settings (`layerpeel.action`)."""

    def setup(self) -> None:
        """Nothing to do before there is a window."""

    def createActions(self, window: Window) -> None:  # noqa: N802  (Krita calls it so)
        """Create the actions of a new window."""
        for name, text, tip, do in (
            (
                "layerpeel_peel",
                i18n("Layerpeel: Peel"),
                i18n("Peel a layer off the picture"),
                LayerpeelDocker.peel,
            ),
            (
                "layerpeel_cancel",
                i18n("Layerpeel: Cancel"),
                i18n("Stop the running peel"),
                LayerpeelDocker.cancel,
            ),
        ):
            action = window.createAction(name, text, "tools/scripts")
            # Krita has put the English of `layerpeel.action` in its place; that file's own
            # translations are sought in Krita's catalogues alone, and so stay in its settings.
            action.setText(text)
            action.setToolTip(tip)
            action.triggered.connect(lambda _checked=False, do=do: _on_docker(do))


def register() -> None:
    """Add docker and actions to Krita."""
    krita = Krita.instance()
    krita.addExtension(LayerpeelExtension(krita))
    krita.addDockWidgetFactory(
        DockWidgetFactory(DOCKER_ID, DockWidgetFactoryBase.DockPosition.DockRight, _Docker)
    )


def _on_docker(do: "Callable[[LayerpeelDocker], None]") -> None:
    docker = docker_of_active_window(_DOCKERS)
    if docker is not None:
        do(docker)
