"""The things of a picture: what stands out, told apart, front to back."""
