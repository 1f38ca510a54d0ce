"""The tasks of a Slurm step, as srun describes them."""

import re
from collections.abc import Iterator, Mapping

from tfapp.base.errors import ConfigError


def slurm_cluster(environ: Mapping[str, str]) -> tuple[list[str], int]:
    """Return the host of every task of a Slurm step, and the number of this one.

    Args:
        environ: with SLURM_STEP_NODELIST, SLURM_STEP_TASKS_PER_NODE and SLURM_PROCID.

    Raises:
        ConfigError: if one is missing or cannot be read.
    """
    try:
        nodes = list(node_names(environ["SLURM_STEP_NODELIST"]))
        counts = list(task_counts(environ["SLURM_STEP_TASKS_PER_NODE"]))
        index = int(environ["SLURM_PROCID"])
        pairs = zip(nodes, counts, strict=True)
        hosts = [node for node, count in pairs for _ in range(count)]
        hosts[index]
    except KeyError as error:
        raise ConfigError(
            f"This is a Slurm step of several tasks without {error.args[0]}. Start it "
            "with srun, or set runtime.strategy = 'single'."
        ) from None
    except (ValueError, IndexError):
        names = ("NODELIST", "TASKS_PER_NODE")
        shown = ", ".join(f"{environ[f'SLURM_STEP_{name}']!r}" for name in names)
        raise ConfigError(
            f"Slurm's list of tasks cannot be read: {shown}. Set TF_CONFIG, or "
            "runtime.strategy = 'single'."
        ) from None
    return hosts, index


def node_names(text: str) -> Iterator[str]:
    """Yield the hosts of a list such as "gpu[01-03,7],login"."""
    for name, inside, end in re.findall(r"([^,\[\]]+)(?:\[([^\]]*)\]([^,\[]*))?", text):
        if not inside:
            yield name
            continue
        for part in inside.split(","):
            first, _, last = part.partition("-")
            for number in range(int(first), int(last or first) + 1):
                yield f"{name}{number:0{len(first)}d}{end}"


def task_counts(text: str) -> Iterator[int]:
    """Yield the tasks of every host of a list such as "2(x3),1"."""
    for part in text.split(","):
        count, _, times = part.removesuffix(")").partition("(x")
        for _ in range(int(times or 1)):
            yield int(count)
