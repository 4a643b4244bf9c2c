"""The dialog in which the artist sets which engine peels and how the backend is reached."""
