"""How the workers of a run begin: the same recipe, one folder, a log each."""

import io
import os
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tfapp import recipes, runs
from tfapp.base import provenance
from tfapp.base.errors import ConfigError
from tfapp.base.reporter import Reporter
from tfapp.machine.cluster import Cluster, Team, find_cluster
from tfapp.recipes.config import Recipe, RuntimeConfig
from tfapp.runs import Run

LOGS = "workers"
"""In a run's folder, that of the logs of all workers but the chief."""
COMPARED_VERSIONS = ("tfapp", "tensorflow", "keras")
NEEDED = ("recipe.toml", "environment.json", "split.json", "checksums.json")
"""Files with which a run goes on, and all of `checkpoints`."""


def cluster_for(runtime: RuntimeConfig) -> Cluster | None:
    """Return the cluster that a run trains on; None for this process alone.

    Raises:
        ConfigError: if `runtime.strategy` = "workers" and nothing names a cluster, or
            the backend cannot train on one.
    """
    if runtime.strategy in ("single", "mirrored"):
        return None
    cluster = find_cluster()
    named = cluster is not None or os.environ.get("TF_CONFIG")
    if runtime.strategy == "workers" and not named:
        raise ConfigError(
            "`runtime.strategy` = 'workers' needs a cluster, and neither TF_CONFIG nor "
            "Slurm nor Kubernetes names one. Start it with `tfapp launch --workers 2 "
            "RECIPE`; docs/distributed.md has the other ways."
        )
    if cluster is not None and runtime.backend != "tensorflow":
        raise ConfigError(
            f"{cluster.source} names {len(cluster.workers)} workers, which need the "
            "TensorFlow backend. Set runtime.backend = 'tensorflow', or "
            "runtime.strategy = 'single'."
        )
    return cluster


@contextmanager
def begun(
    member: Team, recipe: Recipe, root: Path, reporter: Reporter
) -> Iterator[tuple[Run, Reporter]]:
    """Yield the folder of a new run, and the reporter of this worker.

    Args:
        member: this worker.
        recipe: the same on all workers.
        root: of all runs.
        reporter: of a run of one process, and of the chief.

    Raises:
        ConfigError: if the recipes or the versions of two workers differ.
    """
    member.compare(_facts(recipe))
    folder = runs.create(root, recipe.name or "unnamed") if member.is_chief else None
    with _own(member, folder, reporter) as own:
        yield own


@contextmanager
def resumed(
    member: Team, folder: Run | None, reporter: Reporter
) -> Iterator[tuple[Run, Reporter]]:
    """Yield the folder of a run that goes on, and the reporter of this worker.

    Args:
        member: this worker.
        folder: of the run; None for all but the chief, which get a copy of what is
            needed, so no disk has to be shared.
        reporter: of a run of one process, and of the chief.

    Raises:
        ConfigError: if the run is one of a single process.
    """
    if folder and member.size > 1 and cluster_for(folder.recipe().runtime) is None:
        raise ConfigError(
            f"{folder.folder} trains in one process by its recipe. Resume it without a "
            "cluster."
        )
    with _own(member, folder, reporter) as (own, own_reporter):
        packed = _packed(own.folder) if member.is_chief and member.size > 1 else b""
        _, packed = member.share(None, packed)
        if not member.is_chief:
            with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
                archive.extractall(own.folder, filter="data")
        yield own, own_reporter


@contextmanager
def _own(
    member: Team, folder: Run | None, reporter: Reporter
) -> Iterator[tuple[Run, Reporter]]:
    """Yield the chief's folder to the chief, and one that vanishes to the others."""
    place = Path(member.agree(str(folder.folder) if folder else ""))
    if folder is not None:
        yield folder, reporter
        return
    log = place / LOGS / f"{member.index}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="tfapp-worker-") as scratch:
        own = Run(Path(scratch) / place.parent.name / place.name)
        own.folder.mkdir(parents=True)
        with log.open("a", encoding="utf-8") as file:
            yield own, Reporter(file=file)


def _packed(folder: Path) -> bytes:
    """Return the files with which a run goes on, as a tar archive."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name in (*NEEDED, "checkpoints"):
            if (folder / name).exists():
                archive.add(folder / name, name)
    return packed.getvalue()


def _facts(recipe: Recipe) -> dict[str, Any]:
    versions = provenance.environment()["versions"]
    facts = {f"version of {p}": versions.get(p, "") for p in COMPARED_VERSIONS}
    return facts | dict(_flat(recipes.plain(recipe)))


def _flat(table: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every key of a recipe but the place of the data, which a machine names."""
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{key}.")
        elif (name := above + key) != "data.path":
            yield name, value
