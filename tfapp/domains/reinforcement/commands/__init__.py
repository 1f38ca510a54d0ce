"""Commands for agents that play."""
