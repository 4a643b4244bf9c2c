"""Presets of how to peel: chosen, saved, handed on and taken in as files."""
