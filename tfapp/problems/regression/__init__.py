"""Numbers as answers: one or several for each example."""
