"""Several processes that train one network: who they are, and what they agree on."""

from tfapp.machine.cluster.discovery import Cluster, find_cluster
from tfapp.machine.cluster.joining import join
from tfapp.machine.cluster.team import Team, alone, by_chief, in_turn, team

__all__ = [
    "Cluster",
    "Team",
    "alone",
    "by_chief",
    "find_cluster",
    "in_turn",
    "join",
    "team",
]
