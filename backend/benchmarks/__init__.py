"""Measures Layerpeel beside the classical chain, in one run: `python -m` this package."""
