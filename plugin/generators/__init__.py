"""What there is to paint with, and how an artist gets more of it."""
