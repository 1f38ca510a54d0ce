"""Character language models: which character comes next."""
