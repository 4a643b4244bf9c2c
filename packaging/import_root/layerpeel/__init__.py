"""Layerpeel: peels a picture into real layers.

This folder is the import root. Its links show the three places of the repository as
``layerpeel.plugin``, ``layerpeel.shared`` and ``layerpeel.backend``, so that an editable install,
a wheel, the type checker and Krita's plugin folder all see one and the same package.
"""
