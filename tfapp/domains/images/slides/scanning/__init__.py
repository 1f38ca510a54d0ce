"""A network moved over a slide: what it is asked, and what it answers."""
