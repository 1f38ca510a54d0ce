"""How right answers are, and what simple methods answer."""
