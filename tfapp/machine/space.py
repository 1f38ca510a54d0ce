"""How much memory and disk space is free and used, and how much may be taken."""

import os
import shutil
from pathlib import Path

MEMORY_SHARE = 0.25
"""Largest part of the available memory that one kind of stored data may take."""
DISK_SHARE = 0.5
"""Largest part of the free disk space that one kind of stored data may take."""
CGROUP = Path("/sys/fs/cgroup")


def available_memory() -> int:
    """Return the bytes this process may still take, a container's limit included."""
    free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                free = int(line.split()[1]) * 1024
        limit = int((CGROUP / "memory.max").read_text(encoding="ascii"))
        used = int((CGROUP / "memory.current").read_text(encoding="ascii"))
    except (OSError, ValueError):  # another system, or "max": no limit
        return free
    return max(0, min(free, limit - used))


def used_memory() -> int:
    """Return the bytes of main memory that this process holds, 0 if unknown."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def free_disk(folder: Path) -> int:
    """Return the free bytes where a folder is or will be."""
    place = next(p for p in (folder, *folder.absolute().parents) if p.exists())
    return shutil.disk_usage(place).free
