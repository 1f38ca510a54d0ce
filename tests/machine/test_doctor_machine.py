"""Processor, memory, disk, folders and variables."""

import os
import shutil
from types import SimpleNamespace

import pytest

from tfapp.machine import doctor_machine

MEMINFO = "MemTotal: 16777216 kB\nMemFree: 1 kB\nMemAvailable: {} kB\nHugePages: 0\n"


def test_features_of_the_processor_are_named(tmp_path, monkeypatch):
    """Only those that decide about speed."""
    monkeypatch.setattr(doctor_machine.platform, "machine", lambda: "x86_64")
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("model name : X\nflags\t\t: fpu avx avx2 amx_bf16\n\n")
    finding = doctor_machine.examine_processor(cpuinfo)
    assert finding.status == "ok"
    assert finding.value == "x86_64: avx2, amx_bf16; bfloat16 by AMX"


def test_a_container_s_share_of_time_counts():
    """Cores that a container shows but does not grant get no thread."""
    assert doctor_machine.examine_cores(4, 4).value == "4, as many threads"
    value = doctor_machine.examine_cores(8, 2).value
    assert value == "8, but processor time for 2: 2 threads"


def test_the_allocator_is_named(monkeypatch):
    """One that the user preloaded is left alone."""
    monkeypatch.setenv("LD_PRELOAD", "/usr/lib/libtcmalloc.so.4")
    assert doctor_machine.examine_allocator().value == "tcmalloc, preloaded"


def test_a_processor_without_avx_is_a_problem(tmp_path, monkeypatch):
    """TensorFlow would die of an illegal instruction."""
    monkeypatch.setattr(doctor_machine.platform, "machine", lambda: "x86_64")
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("flags : fpu sse2\n")
    finding = doctor_machine.examine_processor(cpuinfo)
    assert finding.status == "problem"
    assert "need AVX" in finding.advice


def test_memory_is_told_in_gib(tmp_path):
    """Available memory counts, not free memory."""
    meminfo = tmp_path / "meminfo"
    meminfo.write_text(MEMINFO.format(8 * 2**20))
    finding = doctor_machine.examine_memory(meminfo)
    assert (finding.value, finding.status) == ("8.0 GiB free of 16.0 GiB", "ok")
    meminfo.write_text(MEMINFO.format(2**20))
    assert doctor_machine.examine_memory(meminfo).status == "warning"


def test_memory_without_proc_is_the_total(tmp_path):
    """Where /proc is missing, sysconf answers."""
    finding = doctor_machine.examine_memory(tmp_path / "missing")
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    assert finding.value == f"{pages / 2**30:.1f} GiB in all"


def test_a_full_disk_is_a_warning(tmp_path, monkeypatch):
    """The advice says what grows."""
    monkeypatch.setattr(
        shutil, "disk_usage", lambda folder: SimpleNamespace(free=2**30)
    )
    finding = doctor_machine.examine_disk(tmp_path)
    assert (finding.value, finding.status) == ("1.0 GiB", "warning")


def test_caches_are_where_their_variables_say(monkeypatch, tmp_path):
    """A variable moves a cache; without it the usual place counts."""
    monkeypatch.setenv("TFAPP_CACHE", str(tmp_path))
    monkeypatch.delenv("KERAS_HOME", raising=False)
    monkeypatch.setenv("HOME", "/home/someone")
    folders = doctor_machine.cache_folders()
    assert folders["tfapp cache"] == tmp_path
    assert str(folders["Keras cache"]) == "/home/someone/.keras"


def test_the_size_of_a_cache_is_that_of_its_files(tmp_path, monkeypatch):
    """Files in subfolders count; a cache without end is given as a lower bound."""
    (tmp_path / "deep").mkdir()
    monkeypatch.setattr(doctor_machine, "GIB", 1024)
    for index in range(3):
        (tmp_path / "deep" / str(index)).write_bytes(b"x" * 1024)
    assert (
        doctor_machine.examine_cache("cache", tmp_path).value == f"{tmp_path}: 3.0 GiB"
    )
    monkeypatch.setattr(doctor_machine, "MAX_FILES", 2)
    assert doctor_machine.folder_size(tmp_path) == "more than 2.0 GiB"
    gone = tmp_path / "gone"
    assert doctor_machine.examine_cache("cache", gone).value == f"{gone}: not there yet"


def test_a_folder_that_cannot_be_written_is_a_problem(tmp_path, monkeypatch):
    """The nearest folder that exists decides."""
    file = tmp_path / "file"
    file.write_text("")
    assert doctor_machine.examine_runs(tmp_path / "runs" / "new").status == "ok"
    assert doctor_machine.examine_runs(file / "runs").status == "problem"
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    finding = doctor_machine.examine_cache("cache", tmp_path)
    assert finding.status == "problem"
    assert f"chmod {tmp_path}" in finding.advice


@pytest.mark.parametrize("name", ["TFAPP_DATA", "TFAPP_WEIGHTS"])
def test_variables_must_name_a_folder(name, tmp_path, monkeypatch):
    """Not set is a warning, set to nothing real is a problem."""
    monkeypatch.delenv(name, raising=False)
    finding = doctor_machine.examine_variable(name)
    assert (finding.value, finding.status) == ("not set", "warning")
    assert finding.advice.startswith(f"export {name}=")
    monkeypatch.setenv(name, str(tmp_path / "gone"))
    finding = doctor_machine.examine_variable(name)
    assert finding.value == f"{tmp_path / 'gone'}: no such folder"
    assert finding.status == "problem"
    monkeypatch.setenv(name, str(tmp_path))
    assert doctor_machine.examine_variable(name).status == "ok"
