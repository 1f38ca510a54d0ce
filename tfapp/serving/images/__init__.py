"""What is read of encoded images before they are decoded."""
