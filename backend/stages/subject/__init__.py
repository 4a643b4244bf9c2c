"""The subject of a picture, whole: what two networks say of it, and a third that weighs them."""
