"""Explanations of capsule networks: routing, reconstructions, perturbations."""
