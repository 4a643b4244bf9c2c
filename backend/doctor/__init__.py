"""`layerpeel doctor`: what is installed and running here, and the usual faults with their cures."""
