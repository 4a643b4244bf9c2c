"""Where things are on the screen, and whether a person could click them."""

import functools
import sys

from krita import Krita

from .qt import (
    QApplication,
    QCheckBox,
    QDockWidget,
    QPoint,
    QScrollArea,
    QStyle,
    QStyleOptionButton,
    Qt,
    QTimer,
    QToolTip,
    QWidget,
)

DOCKER = "layerpeel_docker"


def window():
    """Krita's main window."""
    return Krita.instance().activeWindow().qwindow()


def place_of_canvas():
    """Return the screen rectangle of the shown picture's canvas: [left, top, width, height]."""
    kind = "KisOpenGLCanvas2"
    (canvas,) = [
        widget
        for widget in window().findChildren(QWidget)
        if widget.metaObject().className() == kind and widget.isVisible()
    ]
    corner = canvas.mapToGlobal(QPoint(0, 0))
    return [corner.x(), corner.y(), canvas.width(), canvas.height()]


@functools.cache
def _docker():
    """Layerpeel's docker, which lives as long as the window."""
    return window().findChild(QDockWidget, DOCKER)


def named(object_name):
    """Return all widgets of this name, visible ones first."""
    # Looking through all of Krita is slow, and tests ask often.
    if mine := _docker().findChildren(QWidget, object_name):
        return sorted(mine, key=lambda widget: not widget.isVisible())
    found = {}  # A dialog is a top level and a child as well: each counts once.
    for top in QApplication.topLevelWidgets():
        if top.objectName() == object_name:
            found[top] = True
        found.update(dict.fromkeys(top.findChildren(QWidget, object_name), True))
    return sorted(found, key=lambda widget: not widget.isVisible())


def the(object_name):
    """Return the one widget of this name, or the visible one; LookupError if none or two."""
    found = named(object_name)
    visible = [widget for widget in found if widget.isVisible()]
    if not found or len(visible) > 1:
        raise LookupError(f"{len(visible)} visible widgets are named {object_name!r}")
    return found[0]


def place_of(object_name):
    """Scroll a widget into view, and return the screen rectangle of its visible part.

    {"place": [left, top, width, height]} or {"problem": why it is not visible}
    """
    if not named(object_name):
        return {"problem": f"there is no widget named {object_name!r}"}
    widget = the(object_name)
    _scroll_to(widget)
    seen = widget.visibleRegion().boundingRect()
    if not widget.isVisible() or seen.isEmpty():
        return {"problem": f"{object_name!r} is not visible: {_why_hidden(widget)}"}
    corner = widget.mapToGlobal(seen.topLeft())
    return {"place": _on_screen(widget, corner.x(), corner.y(), seen.width(), seen.height())}


def click_point_of(object_name):
    """Return where to click a widget: {"point": [x, y]} on the screen or {"problem": why not}."""
    answer = place_of(object_name)
    if "problem" in answer:
        return answer
    widget = the(object_name)
    if not widget.isEnabled():
        return {"problem": f"{object_name!r} is greyed out"}
    point = widget.mapToGlobal(widget.visibleRegion().boundingRect().center())
    if isinstance(widget, QCheckBox):
        # Only the box and its label can be clicked; the widget itself may be far wider.
        option = QStyleOptionButton()
        widget.initStyleOption(option)
        answers = widget.style().subElementRect(
            QStyle.SubElement.SE_CheckBoxClickRect, option, widget
        )
        point = widget.mapToGlobal(answers.center())
    hit = QApplication.widgetAt(point)
    if hit is not widget and not widget.isAncestorOf(hit or window()):
        return {"problem": f"{object_name!r} is covered by {_called(hit)}"}
    return {"point": _on_screen(widget, point.x(), point.y())}


def item_point_of(object_name, text):
    """Return where to click an item in a combo box's open list, like `click_point_of`."""
    box = the(object_name)
    row = box.findText(text)
    if row < 0:
        offered = [box.itemText(index) for index in range(box.count())]
        return {"problem": f"{object_name!r} offers no {text!r}, only {offered}"}
    view = box.view()
    if not view.isVisible():
        return {"problem": f"the list of {object_name!r} is not open"}
    index = box.model().index(row, box.modelColumn(), box.rootModelIndex())
    if not index.flags() & Qt.ItemFlag.ItemIsEnabled:
        return {"problem": f"{text!r} of {object_name!r} is greyed out"}
    view.scrollTo(index)
    seen = view.visualRect(index).intersected(view.viewport().rect())
    point = view.viewport().mapToGlobal(seen.center())
    return {"point": _on_screen(view, point.x(), point.y())}


def show_docker(object_name, width):
    """Bring a docker to the front, at least this wide, scrolled to its top."""
    docker = window().findChild(QDockWidget, object_name)
    docker.setVisible(True)
    docker.raise_()
    if docker.width() < width:
        window().resizeDocks([docker], [width], Qt.Orientation.Horizontal)
    for area in docker.findChildren(QScrollArea):
        area.verticalScrollBar().setValue(0)


def narrow_docker(width):
    """Make the docker so narrow, as far as its content lets it; return how wide it is then.

    The dockers that share its column would let it be no narrower than they are: they go.
    """
    docker, area = _docker(), window().dockWidgetArea(_docker())
    for other in window().findChildren(QDockWidget):
        if other is not docker and window().dockWidgetArea(other) == area:
            other.hide()
    window().resizeDocks([_docker()], [width], Qt.Orientation.Horizontal)
    return _docker().width()


def docker_heights():
    """Return the height of each docker that is shown, by its name."""
    dockers = [each for each in window().findChildren(QDockWidget) if each.isVisible()]
    return {docker.objectName(): docker.height() for docker in dockers}


def press_if_possible(object_name):
    """Press a button without the mouse, if a person could; return whether it was pressed."""
    buttons = [widget for widget in named(object_name) if widget.isVisible() and widget.isEnabled()]
    for button in buttons:
        button.click()
    return bool(buttons)


def has_loaded(plugin):
    """Whether Krita has imported a Python plugin; a failed import leaves no module."""
    return plugin in sys.modules


def has_mouse(object_name):
    """Whether the mouse is on a widget, as far as Qt has noticed."""
    return the(object_name).underMouse()


def tip():
    """Return the text of the tip that is shown; empty when there is none."""
    return QToolTip.text() if QToolTip.isVisible() else ""


def double_click_seconds():
    """Return the longest time between the two clicks of a double click."""
    return QApplication.doubleClickInterval() / 1000


def trigger_later(action):
    """Trigger an action of Krita after this call has returned, since it may open a modal dialog."""
    QTimer.singleShot(0, Krita.instance().action(action).trigger)


def close_popups():
    """Close menus and dialogs that a test left open."""
    for _ in range(10):
        left_open = QApplication.activePopupWidget() or QApplication.activeModalWidget()
        if left_open is None:
            return
        left_open.close()


def open_dialog():
    """Return title and texts of the open modal dialog; None if there is none."""
    dialog = QApplication.activeModalWidget()
    if dialog is None:
        return None
    texts = [child.text() for child in dialog.findChildren(QWidget) if hasattr(child, "text")]
    said = " | ".join(text for text in texts if isinstance(text, str) and text)
    return f"{dialog.windowTitle()}: {said}"


def _on_screen(widget, *lengths):
    """Return lengths of Qt's in the screen's own pixels."""
    return [round(length * widget.devicePixelRatioF()) for length in lengths]


def _scroll_to(widget):
    area = widget.parentWidget()
    while area is not None:
        if isinstance(area, QScrollArea) and area.widget().isAncestorOf(widget):
            area.ensureWidgetVisible(widget)
        area = area.parentWidget()


def _why_hidden(widget):
    if widget.isVisible():
        return "it lies outside what is shown of its window, or behind another tab"
    around = widget
    while around is not None and not around.isHidden():
        around = around.parentWidget()
    if around is None or around is widget:
        return "it is hidden"
    return f"it lies in {_called(around)}, which is hidden"


def _called(widget):
    if widget is None:
        return "another window"
    return f"{type(widget).__name__} {widget.objectName()!r}"
