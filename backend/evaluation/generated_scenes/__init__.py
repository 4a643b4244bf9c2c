"""Generated scenes, measured as in the paper's Tables 1 and 2: no truth is known of them."""
