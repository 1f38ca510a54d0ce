"""Why TensorFlow sees a GPU, or why not: driver, build and CUDA libraries."""

import ctypes
import os
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tfapp.machine.doctor_finding import Finding
from tfapp.machine.start import native_stderr_aside

DRIVER_FILE = Path("/proc/driver/nvidia/version")
DRIVER_LIBRARY = "libcuda.so.1"
INSTALL = 'pip install "tfapp[gpu]"'
CUDA_12 = {
    "libcudart.so.12": "nvidia-cuda-runtime-cu12",
    "libcublas.so.12": "nvidia-cublas-cu12",
    "libcublasLt.so.12": "nvidia-cublas-cu12",
    "libcufft.so.11": "nvidia-cufft-cu12",
    "libcusolver.so.11": "nvidia-cusolver-cu12",
    "libcusparse.so.12": "nvidia-cusparse-cu12",
    "libnvJitLink.so.12": "nvidia-nvjitlink-cu12",
}
CUDA_13 = {
    "libcudart.so.13": "nvidia-cuda-runtime",
    "libcublas.so.13": "nvidia-cublas",
    "libcublasLt.so.13": "nvidia-cublas",
    "libcufft.so.12": "nvidia-cufft",
    "libcusolver.so.12": "nvidia-cusolver",
    "libcusparse.so.12": "nvidia-cusparse",
    "libnvJitLink.so.13": "nvidia-nvjitlink",
}
LIBRARIES = {"12": CUDA_12, "13": CUDA_13}
"""Library to pip package, by the major version of CUDA: they count differently."""


@dataclass(frozen=True)
class Build:
    """What the installed TensorFlow is.

    Args:
        version: its version, "" if it cannot be imported.
        seconds: its import took; 0 if it was imported before.
        info: build information: `is_cuda_build`, `cuda_version`, `cudnn_version`.
        gpus: names of the GPUs that it sees.
        error: why it cannot be imported.
    """

    version: str
    seconds: float
    info: Mapping[str, Any]
    gpus: tuple[str, ...]
    error: str = ""


def examine_gpu() -> list[Finding]:
    """Return findings on TensorFlow, the driver, CUDA and the device used."""
    driver, build = find_driver(), import_tensorflow()
    return [
        describe_build(build),
        Finding("NVIDIA driver", driver or "none"),
        *examine_libraries(build.info, bool(driver)),
        examine_device(build, bool(driver)),
    ]


def find_driver() -> str:
    """Return GPUs and driver in one line, "" if there is no NVIDIA driver."""
    program = shutil.which("nvidia-smi")
    if program:
        query = [
            "--query-gpu=name,driver_version,memory.total",
            "--format=csv,noheader",
        ]
        try:
            done = subprocess.run(
                [program, *query], capture_output=True, text=True, timeout=20
            )
        except (OSError, subprocess.TimeoutExpired):
            return f"{program} does not answer"
        if done.returncode == 0 and done.stdout.strip():
            return "; ".join(done.stdout.strip().splitlines())
    return DRIVER_FILE.read_text().partition("\n")[0] if DRIVER_FILE.is_file() else ""


def import_tensorflow() -> Build:
    """Import TensorFlow, timed, and read its build facts."""
    already_imported = "tensorflow" in sys.modules
    started = time.perf_counter()
    try:
        with native_stderr_aside():
            import tensorflow as tf
    except Exception as error:  # a broken installation raises anything
        reason = str(error).strip().partition("\n")[0]
        return Build("", 0.0, {}, (), f"{type(error).__name__}: {reason}")
    seconds = 0.0 if already_imported else time.perf_counter() - started
    info = dict(tf.sysconfig.get_build_info())
    with native_stderr_aside():
        return Build(tf.__version__, seconds, info, visible_gpus())


def visible_gpus() -> tuple[str, ...]:
    """Return the names of the GPUs that TensorFlow sees; () if it was not imported."""
    tf = sys.modules.get("tensorflow")
    if tf is None:
        return ()
    return tuple(device.name for device in tf.config.list_physical_devices("GPU"))


def describe_build(build: Build) -> Finding:
    """Tell the kind of TensorFlow and how long its import took."""
    if build.error:
        advice = "Install it again: pip install --force-reinstall tensorflow"
        return Finding("TensorFlow", build.error, "problem", advice)
    cuda = build.info.get("cuda_version")
    kind = f"built for CUDA {cuda}" if cuda else "built without CUDA"
    took = f"imported in {build.seconds:.1f} s" if build.seconds else "imported before"
    return Finding("TensorFlow", f"{build.version}, {kind}, {took}")


def examine_libraries(
    info: Mapping[str, Any],
    has_driver: bool,
    dlopen: Callable[[str], object] = ctypes.CDLL,
) -> list[Finding]:
    """Open every library that TensorFlow opens; name each one that is missing.

    Args:
        info: TensorFlow's build information.
        has_driver: without a driver nothing is wrong: there is no GPU to use.
        dlopen: opens a library or raises OSError.

    Returns:
        One finding when all are there, there is no driver or no CUDA build; else one
        for each missing library.
    """
    reasons = wanted_libraries(info)
    missing = [name for name in reasons if not can_open(name, dlopen)]
    if not reasons or not missing:
        summary = (
            f"all {len(reasons)} found" if reasons else "not used by this TensorFlow"
        )
        return [Finding("CUDA libraries", summary)]
    if not has_driver:
        value = f"not needed without an NVIDIA driver; missing: {', '.join(missing)}"
        return [Finding("CUDA libraries", value)]
    return [
        Finding(f"CUDA library {name}", "missing", "problem", reasons[name])
        for name in missing
    ]


def wanted_libraries(info: Mapping[str, Any]) -> dict[str, str]:
    """Return library name → advice, for the CUDA that TensorFlow was built with."""
    if not info.get("is_cuda_build"):
        return {}
    major = str(info.get("cuda_version", "12")).partition(".")[0]
    cudnn = str(info.get("cudnn_version", "9")).partition(".")[0]
    packages = LIBRARIES.get(major, CUDA_12) | {
        f"libcudnn.so.{cudnn}": f"nvidia-cudnn-cu{major}",
        "libnccl.so.2": f"nvidia-nccl-cu{major}",
    }
    driver = "Install NVIDIA's driver: this library comes with it."
    advice = {name: f"{INSTALL} brings {p}." for name, p in packages.items()}
    return {DRIVER_LIBRARY: driver} | advice


def can_open(name: str, dlopen: Callable[[str], object]) -> bool:
    """Return whether a library opens, by the loader or from pip's nvidia packages."""
    # TensorFlow's own libraries carry these folders in their search path.
    folders = Path(sysconfig.get_path("purelib"), "nvidia").glob(f"*/lib/{name}")
    for candidate in [name, *map(str, sorted(folders))]:
        try:
            dlopen(candidate)
        except OSError:
            continue
        return True
    return False


def examine_device(build: Build, has_driver: bool) -> Finding:
    """Tell what the next run computes on."""
    if build.error:
        return Finding("running on", "nothing", "problem", "Mend TensorFlow first.")
    if build.gpus:
        return Finding("running on", f"{len(build.gpus)} GPU")
    if not has_driver:
        return Finding("running on", "CPU: this machine has no NVIDIA driver")
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES")
    if hidden in ("", "-1"):
        value = f"CPU: CUDA_VISIBLE_DEVICES={hidden!r} hides the GPU"
        return Finding("running on", value, "warning", "unset CUDA_VISIBLE_DEVICES")
    if not build.info.get("is_cuda_build"):
        value = "CPU: this TensorFlow is built without CUDA"
        return Finding("running on", value, "problem", INSTALL)
    advice = "Mend the CUDA libraries named above; all found means: update the driver."
    value = "CPU: TensorFlow sees no GPU although there is an NVIDIA driver"
    return Finding("running on", value, "problem", advice)
