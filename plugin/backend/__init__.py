"""The backend as Krita sees it: found, started, asked over HTTP, and its jobs followed."""
