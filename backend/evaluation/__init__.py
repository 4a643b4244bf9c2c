"""Measures the quality of layers on composites whose true layers are known."""
