"""Networks of the real architectures with random weights, tiny, saved as the real ones are."""
