"""What the artist asks a generator for: scenes, objects, backgrounds."""
