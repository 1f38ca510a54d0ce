"""CSV files of series to numbers on a grid of equal steps."""
