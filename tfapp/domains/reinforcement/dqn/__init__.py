"""DQN: a network learns the value of every action from its own play."""
