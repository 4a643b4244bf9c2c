"""Starts the real Krita on a screen of its own and lets tests use it as a person would.

Tests get it through the fixtures in tests/krita/conftest.py; `running.RunningKrita` says what it
can do.
"""
