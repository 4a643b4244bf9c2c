"""Widgets that several pages of the docker use."""
