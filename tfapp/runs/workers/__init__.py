"""A run of several workers: one folder, which the chief alone writes."""

from tfapp.runs.workers.joining import begun, cluster_for, resumed

__all__ = ["begun", "cluster_for", "resumed"]
