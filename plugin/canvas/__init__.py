"""The only place that reads or writes Krita's documents, on the GUI thread alone.

What takes Krita long is a turn of its own (`layerpeel.plugin.turns`).
"""


class CanvasError(Exception):
    """The document cannot be read, or a result cannot be put into it. One line for the artist."""
