"""Faster computation of the same network: precision, folding, fused operations."""
