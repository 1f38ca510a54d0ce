"""Processor, memory, disk, folders and variables; needs the standard library only."""

import os
import platform
import shutil
from collections.abc import Iterator
from pathlib import Path

from tfapp.base.cache_dir import can_write
from tfapp.machine import processor
from tfapp.machine.doctor_finding import Finding

FEATURES = ("avx2", "avx512f", "avx512_bf16", "amx_bf16")
"""Instructions that decide how fast convolutions and bfloat16 are."""

GIB = 1024**3
LITTLE_MEMORY = 4 * GIB
LITTLE_DISK = 5 * GIB
MAX_FILES = 50_000
"""Files counted in a cache before its size is given as a lower bound."""

VARIABLES = {
    "TFAPP_DATA": "the folder of data sets that recipes and tests name $TFAPP_DATA",
    "TFAPP_WEIGHTS": "the folder of pretrained weights",
}


def examine_machine() -> list[Finding]:
    """Return findings on processor, memory, disk, caches, variables and runs/."""
    return [
        examine_processor(),
        examine_cores(processor.allowed_cores(), processor.usable_cores()),
        examine_allocator(),
        examine_memory(),
        examine_disk(Path.cwd()),
        *(examine_cache(name, path) for name, path in cache_folders().items()),
        *(examine_variable(name) for name in VARIABLES),
        examine_runs(Path("runs")),
    ]


def examine_processor(cpuinfo: Path = processor.CPUINFO) -> Finding:
    """Report which of `FEATURES` the processor has, and what computes bfloat16."""
    flags = processor.processor_features(cpuinfo)
    present = [feature for feature in FEATURES if feature in flags]
    value = f"{platform.machine()}: {', '.join(present) or f'none of {FEATURES}'}"
    if unit := processor.bfloat16_unit(flags):
        value += f"; bfloat16 by {unit}"
    if platform.machine() in ("x86_64", "AMD64") and flags and "avx" not in flags:
        advice = "TensorFlow's packages need AVX: use another machine or build it."
        return Finding("processor", value, "problem", advice)
    return Finding("processor", value)


def examine_cores(allowed: int, usable: int) -> Finding:
    """Tell the threads of a run, and when a container grants less than it shows.

    Args:
        allowed: cores that this process may run on.
        usable: cores that it may keep busy.
    """
    if usable == allowed:
        return Finding("cores", f"{allowed}, as many threads")
    value = f"{allowed}, but processor time for {usable}: {usable} threads"
    return Finding("cores", value)


def examine_allocator() -> Finding:
    """Tell whose malloc serves, and whether a run tunes it."""
    tuned = processor.can_tune_allocator()
    value = processor.allocator()
    return Finding("allocator", f"{value}, which runs tune" if tuned else value)


def examine_memory(meminfo: Path = Path("/proc/meminfo")) -> Finding:
    """Tell how much memory there is, and how much of it is free."""
    if not (meminfo.is_file() or hasattr(os, "sysconf")):
        return Finding("memory", "unknown on this system")
    total, available = _memory(meminfo)
    if available is None:
        return Finding("memory", f"{_gib(total)} in all")
    value = f"{_gib(available)} free of {_gib(total)}"
    if available < LITTLE_MEMORY:
        advice = 'Close other programs, or set data.cache = "disk".'
        return Finding("memory", value, "warning", advice)
    return Finding("memory", value)


def _memory(meminfo: Path) -> tuple[int, int | None]:
    """Return total and available memory in bytes; None where not to be had."""
    if not meminfo.is_file():
        total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        return total, None
    lines = (line.split() for line in meminfo.read_text().splitlines())
    kibibytes = {words[0].rstrip(":"): int(words[1]) for words in lines if words[1:]}
    return kibibytes["MemTotal"] * 1024, kibibytes["MemAvailable"] * 1024


def examine_disk(folder: Path) -> Finding:
    """Tell how much room there is where runs and models are written."""
    free = shutil.disk_usage(folder).free
    if free < LITTLE_DISK:
        advice = "Free some space: caches, runs/ and saved_models/ grow."
        return Finding("free disk", _gib(free), "warning", advice)
    return Finding("free disk", _gib(free))


def cache_folders() -> dict[str, Path]:
    """Return where data, weights and prepared data sets are kept."""
    places = {
        "tfapp cache": ("TFAPP_CACHE", "~/.cache/tfapp"),
        "Keras cache": ("KERAS_HOME", "~/.keras"),
        "TFDS cache": ("TFDS_DATA_DIR", "~/tensorflow_datasets"),
    }
    return {
        name: Path(os.environ.get(variable) or default).expanduser()
        for name, (variable, default) in places.items()
    }


def examine_cache(name: str, folder: Path) -> Finding:
    """Tell how large a cache is, and whether it can be written."""
    size = folder_size(folder) if folder.is_dir() else "not there yet"
    value = f"{folder}: {size}"
    if can_write(folder):
        return Finding(name, value)
    advice = f"Nothing can be written there: chown or chmod {folder}, or set another."
    return Finding(name, value, "problem", advice)


def folder_size(folder: Path) -> str:
    """Return the size of all files below a folder, in words."""
    total = 0
    for count, file in enumerate(_files(folder)):
        if count == MAX_FILES:
            return f"more than {_gib(total)}"
        total += file.lstat().st_size
    return _gib(total)


def examine_variable(name: str) -> Finding:
    """Tell whether a variable is set and its folder exists."""
    value, meaning = os.environ.get(name), VARIABLES[name]
    if not value:
        return Finding(name, "not set", "warning", f"export {name}=… to {meaning}.")
    if not Path(value).expanduser().is_dir():
        advice = f"Correct it: {meaning}."
        return Finding(name, f"{value}: no such folder", "problem", advice)
    return Finding(name, value)


def examine_runs(folder: Path) -> Finding:
    """Tell whether runs can be written here."""
    if can_write(folder):
        return Finding("runs folder", f"{folder.absolute()}: can be written")
    advice = "Change to a folder of your own, or give --runs-folder."
    value = f"{folder.absolute()}: cannot be written"
    return Finding("runs folder", value, "problem", advice)


def _files(folder: Path) -> Iterator[Path]:
    for parent, _, names in os.walk(folder):
        yield from (Path(parent) / name for name in names)


def _gib(size: int) -> str:
    return f"{size / GIB:.1f} GiB"
