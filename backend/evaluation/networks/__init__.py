"""Figures that networks give, each of which says what it lacks where it cannot be had.

They are optional: they need torch, and weights that are on this disk. Nothing is downloaded.
"""
