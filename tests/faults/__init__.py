"""What `make faults` does to a real backend, and what it checks afterwards."""
