"""What an evaluation writes: figures.csv, figures.json and one page to look at."""
