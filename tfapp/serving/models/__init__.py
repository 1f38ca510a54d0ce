"""Served models: versions, loading, batching and warm-up."""
