"""The methods that are measured: our engines, and those they are compared with."""
