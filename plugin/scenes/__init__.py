"""The page that generates scenes, objects and backgrounds."""
