"""What is fitted before training and stands next to a network of texts."""
