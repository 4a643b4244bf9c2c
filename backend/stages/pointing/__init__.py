"""Which thing a person points at: a network that is asked with points and boxes."""
