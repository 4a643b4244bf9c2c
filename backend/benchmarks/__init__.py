"""Compares Layerpeel with the classical chain, in one run: `python -m` this package."""
