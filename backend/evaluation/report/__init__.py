"""What an evaluation leaves behind: figures.csv, figures.json and one page to look at."""
