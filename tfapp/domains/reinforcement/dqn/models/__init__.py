"""Networks that return a value for each action; they import Keras alone."""
