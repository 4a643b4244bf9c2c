"""What `make bench` measures, as ratios against a named alternative."""
