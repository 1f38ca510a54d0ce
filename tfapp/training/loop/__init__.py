"""The training loop: steps, epochs, best weights, and states to resume from."""
