"""Installs a backend for those who have none, from what the plugin's zip carries."""
