"""Several processes that train one network: who they are, and what they agree on."""

from tfapp.machine.cluster.discovery import Cluster, find_cluster
from tfapp.machine.cluster.joining import join
from tfapp.machine.cluster.team import Team, alone, in_turn, team

__all__ = ["Cluster", "Team", "alone", "find_cluster", "in_turn", "join", "team"]
