"""A picture to point at: the artist says with clicks, a box and strokes what to lift off."""
