"""Examines the machine: what TensorFlow will find, and what is wrong."""

from tfapp.machine.doctor_cluster import examine_cluster
from tfapp.machine.doctor_finding import Finding
from tfapp.machine.doctor_gpu import examine_gpu, visible_gpus
from tfapp.machine.doctor_machine import examine_machine
from tfapp.machine.doctor_software import examine_software

__all__ = ["Finding", "examine"]


def examine() -> list[Finding]:
    """Return what was found, always in the same order.

    TensorFlow is imported last, and only here: its seconds are one of the findings.
    """
    software, machine, gpu = examine_software(), examine_machine(), examine_gpu()
    return [*software, *machine, *gpu, *examine_cluster(len(visible_gpus()))]
