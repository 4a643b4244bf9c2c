"""The backend as seen from Krita: finding, starting and asking it, and following its jobs."""
