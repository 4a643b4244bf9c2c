"""The version of Layerpeel and of its protocol."""

VERSION = "0.2.0"

# Raised whenever a message changes so that the other side, a version older, would misread it.
PROTOCOL = 4
