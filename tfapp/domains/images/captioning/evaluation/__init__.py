"""How good captions are, and what simple methods answer."""
