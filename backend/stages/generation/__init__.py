"""Stage 1 of the paper: words become a picture, by any generator that diffusers can run."""
