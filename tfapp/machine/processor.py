"""The processor, the cores and the allocator of this process; standard library only."""

import ctypes
import math
import os
import platform
import subprocess
from pathlib import Path

CPUINFO = Path("/proc/cpuinfo")
CGROUPS = Path("/proc/self/cgroup")
CGROUP_ROOT = Path("/sys/fs/cgroup")

BFLOAT16_FEATURES = frozenset({"amx_bf16", "avx512_bf16"})
"""Instructions, any of which makes bfloat16 worth trying; others emulate it."""

M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_MAX = -1, -2, -4
"""Parameters of glibc's mallopt(3)."""

TOP_PAD_BYTES = 256 * 1024**2
NEVER = -1

OWN_SETTINGS = (
    "MALLOC_MMAP_MAX_",
    "MALLOC_MMAP_THRESHOLD_",
    "MALLOC_TOP_PAD_",
    "MALLOC_TRIM_THRESHOLD_",
)
OTHER_ALLOCATORS = ("tcmalloc", "jemalloc", "mimalloc")


def processor_features(cpuinfo: Path = CPUINFO) -> frozenset[str]:
    """Return the processor's features in Linux' spelling; none where unknown."""
    if cpuinfo.is_file():
        flags = _cpuinfo(cpuinfo, "flags") or _cpuinfo(cpuinfo, "Features")
        return frozenset(flags.split())
    if platform.system() != "Darwin":
        return frozenset()
    names = ["machdep.cpu.features", "machdep.cpu.leaf7_features"]
    done = subprocess.run(["sysctl", "-n", *names], capture_output=True, text=True)
    return frozenset(done.stdout.lower().replace("avx1.0", "avx").split())


def processor_name(cpuinfo: Path = CPUINFO) -> str:
    """Return the processor's name without marks, its architecture where unknown."""
    name = _cpuinfo(cpuinfo, "model name") if cpuinfo.is_file() else ""
    for mark in ("(R)", "(TM)", "Processor", "CPU"):
        name = name.replace(mark, " ")
    return " ".join(name.partition("@")[0].split()) or platform.machine()


def bfloat16_unit(features: frozenset[str] | None = None) -> str:
    """Return "AMX" or "AVX-512", whichever computes bfloat16 here, or ""."""
    features = processor_features() if features is None else features
    if "amx_bf16" in features:
        return "AMX"
    return "AVX-512" if features & BFLOAT16_FEATURES else ""


def usable_cores(cgroups: Path = CGROUPS, root: Path = CGROUP_ROOT) -> int:
    """Return the cores that this process may keep busy, at least 1.

    That is the cores it may run on, or fewer where a container's share of processor
    time, rounded up, is less: more threads than that only wait for one another.

    Args:
        cgroups: lists the control groups of the process.
        root: where the control groups are mounted.
    """
    return max(1, math.ceil(min(allowed_cores(), cpu_quota(cgroups, root))))


def allowed_cores() -> int:
    """Return the cores that this process may run on, not those of the machine."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def cpu_quota(cgroups: Path = CGROUPS, root: Path = CGROUP_ROOT) -> float:
    """Return the processor time granted, in cores; infinity where it has no limit.

    Reads cpu.max (version 2 of control groups) or cpu.cfs_quota_us (version 1) of the
    group of this process and of every group above it.
    """
    try:
        lines = cgroups.read_text().splitlines()
    except OSError:
        return math.inf
    limits = [math.inf]
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers and "cpu" not in controllers.split(","):
            continue
        place = root / "cpu" if controllers else root
        group = Path(path.strip("/"))
        limits += [_limit(place / above) for above in (group, *group.parents)]
    return min(limits)


def tune_allocator() -> bool:
    """Let glibc keep freed memory for the next step; return whether it now does.

    A training step frees hundreds of megabytes and allocates them again at once. glibc
    gives big blocks back to the system, which has to clear every page anew. Nothing
    is touched if the process runs another allocator, or if the user tuned this one.
    """
    if not can_tune_allocator():
        return False
    mallopt = ctypes.CDLL(None).mallopt
    settings = {
        M_MMAP_MAX: 0,  # big blocks come from the heap, too
        M_TRIM_THRESHOLD: NEVER,
        M_TOP_PAD: TOP_PAD_BYTES,
    }
    return all([mallopt(name, value) == 1 for name, value in settings.items()])


def can_tune_allocator() -> bool:
    """Say whether the allocator is glibc's own, and as it came."""
    return _uses_glibc() and not _tuned_by_user()


def allocator() -> str:
    """Name the allocator of this process, and who has tuned it."""
    if other := _preloaded():
        return f"{other}, preloaded"
    if not _uses_glibc():
        return "the system's own"
    return "glibc, tuned by its variables" if _tuned_by_user() else "glibc"


def _uses_glibc() -> bool:
    try:
        version = os.confstr("CS_GNU_LIBC_VERSION")
    except (AttributeError, OSError, ValueError):
        return False
    return bool(version) and not _preloaded()


def _preloaded() -> str:
    """Return the name of another allocator that the process was started with."""
    libraries = os.environ.get("LD_PRELOAD", "")
    return next((name for name in OTHER_ALLOCATORS if name in libraries), "")


def _tuned_by_user() -> bool:
    names = (name.removeprefix("MALLOC_").strip("_").lower() for name in OWN_SETTINGS)
    tunables = os.environ.get("GLIBC_TUNABLES", "")
    return any(name in os.environ for name in OWN_SETTINGS) or any(
        f"glibc.malloc.{name}" in tunables for name in names
    )


def _cpuinfo(cpuinfo: Path, field: str) -> str:
    """Return a field of /proc/cpuinfo for the first core, "" if absent."""
    with cpuinfo.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            name, _, value = line.partition(":")
            if name.strip() == field:
                return value.strip()
    return ""


def _limit(group: Path) -> float:
    """Return the cores granted to one control group; infinity without a limit."""
    try:
        if (group / "cpu.max").is_file():
            quota, period = (group / "cpu.max").read_text().split()
        else:
            quota = (group / "cpu.cfs_quota_us").read_text().strip()
            period = (group / "cpu.cfs_period_us").read_text().strip()
        cores = float(quota) / float(period)  # "max" and -1 mean no limit
    except (OSError, ValueError, ZeroDivisionError):
        return math.inf
    return cores if cores > 0 else math.inf
