"""What a generator paints, in layers: scenes, objects into pictures, backgrounds of layers."""
