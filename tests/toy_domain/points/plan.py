"""The recipe of `tfapp fit` for points."""

from tfapp.data.report import CheckReport
from tfapp.recipes.plan import Machine, Plan


def plan(report: CheckReport, machine: Machine) -> Plan:
    """Return a small network for any file."""
    table = {"model": {"name": "point_network"}, "training": {"epochs": 20}}
    return Plan(table, (f"{report.usable} points for a network of two layers",))
