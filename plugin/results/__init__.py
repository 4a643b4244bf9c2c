"""The page of earlier results: what they look like, and what can be done with them."""
