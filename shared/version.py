"""The one place that says which version this is, and which protocol it speaks."""

VERSION = "0.1.0"

# Raised whenever a message changes so that the other side, a version older, would misread it.
PROTOCOL = 2
