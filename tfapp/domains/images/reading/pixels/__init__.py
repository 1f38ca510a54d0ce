"""The pixels of one image as training sees them, with TensorFlow or without."""
