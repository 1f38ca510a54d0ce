"""What proposes the settings of trials: Keras Tuner's oracles, made durable."""
