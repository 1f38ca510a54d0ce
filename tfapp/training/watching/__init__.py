"""What is seen of a training while it goes on, at a bounded cost."""
