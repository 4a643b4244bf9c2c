"""The model store: what a model is, where it comes from, whether it is whole."""
