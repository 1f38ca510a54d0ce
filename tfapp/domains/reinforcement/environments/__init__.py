"""Environments that an agent acts in: each of its episodes follows from a seed."""
