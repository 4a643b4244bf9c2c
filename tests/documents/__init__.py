"""What the documents tell is true."""
