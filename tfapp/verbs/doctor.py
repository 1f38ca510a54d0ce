"""Examine this machine: what tfapp needs, what is here, what is missing."""

from tfapp.base import registry
from tfapp.machine import doctor
from tfapp.machine.doctor import Finding

__all__ = ["Finding", "examine"]


def examine() -> list[Finding]:
    """Return what was found about versions, GPU, CPU, memory, caches and weights."""
    further = registry.union("EXAMINATIONS").values()
    return [*doctor.examine(), *(registry.load_target(target)() for target in further)]
