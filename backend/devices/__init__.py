"""The device that computes, and the networks that lie on it. Needs the full install."""
