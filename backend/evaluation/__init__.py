"""Measures layer quality on composites whose layers are known."""
