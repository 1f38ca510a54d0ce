"""Fast style: a network that draws any picture in one style at once."""
