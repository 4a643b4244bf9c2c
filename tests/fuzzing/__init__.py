"""What takes bytes from outside, and ways to try it with bytes that nobody meant."""
