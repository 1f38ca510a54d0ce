"""Driver, CUDA libraries and the device that computes."""

import re
import sysconfig

import pytest

from tfapp.machine import doctor_gpu

CUDA = {"is_cuda_build": True, "cuda_version": "12.5.1", "cudnn_version": "9"}


def open_all_but(*missing):
    """Return a dlopen that finds everything but the libraries named."""

    def dlopen(name):
        if name.rpartition("/")[2] in missing:
            raise OSError(f"{name}: cannot open shared object file")
        return object()

    return dlopen


def test_the_missing_library_is_named_with_what_brings_it():
    """One finding, one library, one command."""
    (finding,) = doctor_gpu.examine_libraries(CUDA, True, open_all_but("libcudnn.so.9"))
    assert (finding.name, finding.value) == ("CUDA library libcudnn.so.9", "missing")
    assert finding.status == "problem"
    assert finding.advice == 'pip install "tfapp[gpu]" brings nvidia-cudnn-cu12.'


def test_the_drivers_own_library_is_not_pips():
    """No pip package brings libcuda."""
    (finding,) = doctor_gpu.examine_libraries(CUDA, True, open_all_but("libcuda.so.1"))
    assert finding.advice == "Install NVIDIA's driver: this library comes with it."


def test_all_found_is_one_line():
    """Nothing amiss, nothing to read."""
    (finding,) = doctor_gpu.examine_libraries(CUDA, True, open_all_but())
    assert (finding.value, finding.status) == ("all 10 found", "ok")


def test_without_a_driver_nothing_is_amiss():
    """A machine without a GPU has no problem to mend; the names are told anyway."""
    (finding,) = doctor_gpu.examine_libraries(CUDA, False, open_all_but("libnccl.so.2"))
    assert finding.status == "ok"
    assert finding.value.endswith("missing: libnccl.so.2")


def test_a_build_without_cuda_opens_nothing():
    """There is nothing to look for."""
    (finding,) = doctor_gpu.examine_libraries(
        {"is_cuda_build": False}, True, open_all_but()
    )
    assert finding.value == "not used by this TensorFlow"


def test_names_follow_the_build():
    """CUDA 12 and 13 count their libraries differently."""
    twelve = doctor_gpu.wanted_libraries(CUDA)
    assert {"libcufft.so.11", "libcusolver.so.11", "libcudart.so.12"} <= set(twelve)
    newer = doctor_gpu.wanted_libraries(
        CUDA | {"cuda_version": "13.0", "cudnn_version": "10"}
    )
    assert {"libcufft.so.12", "libcudnn.so.10", "libcudart.so.13"} <= set(newer)


def test_pips_folders_are_searched(tmp_path, monkeypatch):
    """A library that only pip installed is found, as TensorFlow finds it."""
    library = tmp_path / "nvidia" / "cudnn" / "lib" / "libcudnn.so.9"
    library.parent.mkdir(parents=True)
    library.write_text("")
    monkeypatch.setattr(sysconfig, "get_path", lambda name: str(tmp_path))

    def dlopen(name):
        if name != str(library):
            raise OSError(name)

    assert doctor_gpu.can_open("libcudnn.so.9", dlopen)
    assert not doctor_gpu.can_open("libnccl.so.2", dlopen)


def test_nvidia_smi_tells_the_gpus(tmp_path, monkeypatch):
    """The driver's own program is asked first."""
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\necho 'GPU A, 550.1, 80 MiB'; echo 'GPU B, 550.1, 1'")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert doctor_gpu.find_driver() == "GPU A, 550.1, 80 MiB; GPU B, 550.1, 1"


def test_no_program_and_no_file_is_no_driver(tmp_path, monkeypatch):
    """The kernel module's file counts where the program is missing."""
    monkeypatch.setattr(doctor_gpu.shutil, "which", lambda name: None)
    monkeypatch.setattr(doctor_gpu, "DRIVER_FILE", tmp_path / "version")
    assert doctor_gpu.find_driver() == ""
    (tmp_path / "version").write_text("NVRM version: 550.1\nGCC version: 12\n")
    assert doctor_gpu.find_driver() == "NVRM version: 550.1"


@pytest.mark.parametrize(
    ("gpus", "info", "driver", "visible", "value", "status"),
    [
        (("/GPU:0",), CUDA, True, None, "1 GPU", "ok"),
        ((), CUDA, False, None, "CPU: this machine has no NVIDIA driver", "ok"),
        ((), CUDA, True, "-1", "CPU: CUDA_VISIBLE_DEVICES='-1' hides", "warning"),
        ((), {"is_cuda_build": False}, True, None, "CPU: .* without CUDA", "problem"),
        ((), CUDA, True, None, "CPU: TensorFlow sees no GPU although", "problem"),
    ],
)
def test_the_device_is_told_with_the_reason(
    gpus, info, driver, visible, value, status, monkeypatch
):
    """Running on the CPU is a problem only where a GPU could have been used."""
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if visible:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    finding = doctor_gpu.examine_device(
        doctor_gpu.Build("2.21.0", 1.0, info, gpus), driver
    )
    assert finding.status == status
    assert re.match(value, finding.value)


def test_a_broken_tensorflow_is_a_finding(monkeypatch):
    """An import that raises does not end the examination."""
    monkeypatch.setitem(doctor_gpu.sys.modules, "tensorflow", None)
    build = doctor_gpu.import_tensorflow()
    finding = doctor_gpu.describe_build(build)
    assert finding.status == "problem"
    assert finding.value.startswith("ModuleNotFoundError: ")


def test_the_import_time_is_told():
    """Seconds when it was imported now, and a word when it was before."""
    build = doctor_gpu.Build("2.21.0", 7.89, CUDA, ())
    value = doctor_gpu.describe_build(build).value
    assert value == "2.21.0, built for CUDA 12.5.1, imported in 7.9 s"
    assert doctor_gpu.describe_build(doctor_gpu.Build("2.21.0", 0.0, {}, ())).value == (
        "2.21.0, built without CUDA, imported before"
    )
