"""What is measured: engines of ours, and what they are measured beside."""
