"""Transfer learning: frozen layers, stored features, and thawing."""
