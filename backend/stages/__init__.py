"""One question each of the way from picture to layers; a stage knows no engine."""
