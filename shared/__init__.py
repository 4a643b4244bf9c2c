"""The contract between the plugin and the backend. Standard library only, Python 3.8."""
