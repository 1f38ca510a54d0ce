"""Training phases: what learns when, how fast, and which epoch is kept."""
