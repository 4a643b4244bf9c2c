"""Layerpeel inside Krita: the docker and its actions. Krita imports this folder at start."""

from layerpeel.plugin.registration import register

register()
