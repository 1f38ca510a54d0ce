"""TensorBoard's files: figures, pictures, settings, vectors."""
