"""The only code that reads or writes Krita's documents, and only on the GUI thread.

Each slow call to Krita is a turn of its own (`layerpeel.plugin.turns`).
"""


class CanvasError(Exception):
    """The document cannot be read, or a result not inserted; the message is for the artist."""
