"""Files and folders that appear whole or not at all. Raises OSError: callers say it to people."""
