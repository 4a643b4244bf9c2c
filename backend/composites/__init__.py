"""Pictures whose layers are known: a folder of art, and composites made of it."""
