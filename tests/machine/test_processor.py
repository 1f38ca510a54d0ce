"""Processor, cores and allocator."""

import ctypes
import math
import os
import subprocess
import sys

import pytest

from tfapp.machine import processor

CPUINFO = (
    "processor : 0\nmodel name : Intel(R) Xeon(R) Processor @ 2.1GHz\nflags : {}\n"
)

CLEARED_PAGES = """
import ctypes, resource, sys
from tfapp.machine import processor
if sys.argv[1] == "tuned":
    assert processor.tune_allocator()
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.free.argtypes = [ctypes.c_void_p]
size = 64 << 20
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    block = libc.malloc(ctypes.c_size_t(size))
    ctypes.memset(block, 1, size)
    libc.free(block)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.fixture
def plain_glibc(monkeypatch):
    """No variable of the user's touches the allocator."""
    for name in (*processor.OWN_SETTINGS, "GLIBC_TUNABLES", "LD_PRELOAD"):
        monkeypatch.delenv(name, raising=False)
    if not processor.can_tune_allocator():
        pytest.skip("the C library is not glibc")


def test_the_processor_is_named_without_marks(tmp_path):
    """One line has to hold it."""
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text(CPUINFO.format("fpu avx2 amx_bf16"))
    assert processor.processor_name(cpuinfo) == "Intel Xeon"
    assert processor.processor_features(cpuinfo) == {"fpu", "avx2", "amx_bf16"}


@pytest.mark.parametrize(
    ("flags", "unit"),
    [
        ({"avx512f", "avx512_bf16", "amx_bf16"}, "AMX"),
        ({"avx512f", "avx512_bf16"}, "AVX-512"),
        ({"avx512f"}, ""),
    ],
)
def test_what_computes_bfloat16(flags, unit):
    """AVX-512 alone emulates it, which is slower than float32."""
    assert processor.bfloat16_unit(frozenset(flags)) == unit


def test_a_quota_of_version_2_holds_below_its_group(tmp_path):
    """The smallest share on the way up counts, rounded up to whole threads."""
    group = tmp_path / "pod" / "job"
    group.mkdir(parents=True)
    (tmp_path / "pod" / "cpu.max").write_text("150000 100000\n")
    (group / "cpu.max").write_text("max 100000\n")
    cgroups = tmp_path / "cgroup"
    cgroups.write_text("0::/pod/job\n")
    assert processor.cpu_quota(cgroups, tmp_path) == 1.5
    expected = min(2, processor.allowed_cores())
    assert processor.usable_cores(cgroups, tmp_path) == expected


def test_a_quota_of_version_1(tmp_path):
    """Its files have other names, and -1 means no limit."""
    group = tmp_path / "cpu" / "job"
    group.mkdir(parents=True)
    (group / "cpu.cfs_quota_us").write_text("50000\n")
    (group / "cpu.cfs_period_us").write_text("100000\n")
    cgroups = tmp_path / "cgroup"
    cgroups.write_text("4:memory:/elsewhere\n2:cpu,cpuacct:/job\n")
    assert processor.cpu_quota(cgroups, tmp_path) == 0.5
    assert processor.usable_cores(cgroups, tmp_path) == 1
    (group / "cpu.cfs_quota_us").write_text("-1\n")
    assert processor.cpu_quota(cgroups, tmp_path) == math.inf


def test_without_control_groups_every_core_counts(tmp_path):
    """As on a Mac."""
    assert processor.cpu_quota(tmp_path / "missing", tmp_path) == math.inf
    cores = processor.usable_cores(tmp_path / "missing", tmp_path)
    assert cores == processor.allowed_cores()


@pytest.mark.parametrize(
    ("variable", "value", "name"),
    [
        ("LD_PRELOAD", "/usr/lib/libjemalloc.so.2", "jemalloc, preloaded"),
        ("MALLOC_MMAP_THRESHOLD_", "1", "glibc, tuned by its variables"),
        ("GLIBC_TUNABLES", "glibc.malloc.top_pad=9", "glibc, tuned by its variables"),
    ],
)
def test_the_users_own_allocator_is_left_alone(
    variable, value, name, plain_glibc, monkeypatch
):
    """Whoever set one knows why."""
    monkeypatch.setenv(variable, value)
    monkeypatch.setattr(ctypes, "CDLL", None)  # nothing is called
    assert not processor.tune_allocator()
    assert processor.allocator() == name


def test_a_tuned_allocator_keeps_its_pages(plain_glibc):
    """A freed block comes back without the system clearing its pages anew."""
    faults = {}
    for kind in ("tuned", "default"):
        done = subprocess.run(
            [sys.executable, "-c", CLEARED_PAGES, kind],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        faults[kind] = int(done.stdout)
    assert faults["tuned"] * 3 < faults["default"]
