"""Styles to paint with, and how the artist gets more of them."""
