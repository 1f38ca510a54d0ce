"""How good tags are: spans, figures, simple taggers, and what a report shows."""
