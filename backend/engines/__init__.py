"""Named choices of one implementation per stage."""
