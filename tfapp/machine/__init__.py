"""The machine: processor, memory, TensorFlow's start, and its examination."""
