"""Small networks of our own, which come with the program; README.md says what each is."""

from layerpeel.backend.stages.small_networks.running import answer_of

__all__ = ["answer_of"]
