"""Icons in the colour of the theme, sharp on every screen."""

from pathlib import Path

from layerpeel.plugin.qt import QByteArray, QIcon, QPalette, QPixmap, QWidget

_FOLDER = Path(__file__).with_name("icons")
_SIZES = (16, 24, 32, 48, 64)


def themed_icon(name: str, widget: QWidget) -> QIcon:
    """Draw the icon `name` in the colour of the widget's text, for screens of any density."""
    text = (_FOLDER / (name + ".svg")).read_text(encoding="utf-8")
    group = QPalette.ColorGroup
    icon = QIcon()
    for mode, colours in (
        (QIcon.Mode.Normal, group.Active),
        (QIcon.Mode.Disabled, group.Disabled),
    ):
        colour = widget.palette().color(colours, QPalette.ColorRole.ButtonText).name()
        for size in _SIZES:
            drawing = text.replace("#000000", colour).replace(
                'width="16" height="16"', f'width="{size}" height="{size}"'
            )
            pixmap = QPixmap()
            pixmap.loadFromData(QByteArray(drawing.encode("utf-8")), "SVG")
            icon.addPixmap(pixmap, mode)
    return icon
