"""The tracks: what is asked for, from the layers of a true trimap to everything that stands out."""
