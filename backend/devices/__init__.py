"""Where networks compute, and how many of them lie there at once. Needs the full install."""
