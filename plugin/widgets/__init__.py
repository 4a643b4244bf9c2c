"""Parts that pages of the docker are made of."""
