"""What is measured of pictures: features, the losses between them, their gradient."""
