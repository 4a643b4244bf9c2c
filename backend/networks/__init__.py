"""Architectures of our own, and the mathematics round them. Needs the full install.

Stages run these, training makes their weights; nothing here knows of pictures' files or of engines.
"""
