"""What `tfapp doctor` says about pretrained weights."""

from tfapp.domains.images.pretrained.file_choice import available_weights
from tfapp.machine.doctor import Finding


def examine_weights() -> Finding:
    """Return which ImageNet weights this machine has."""
    files = [w for w in available_weights() if w.trained_on == "imagenet"]
    if not files:
        return Finding(
            "ImageNet weights",
            "none on this machine",
            "warning",
            "Name a folder of weight files in TFAPP_WEIGHTS, or let the first run "
            "download them (docs/weights.md).",
        )
    names = ", ".join(f"{w.extractor} ({w.path.name})" for w in files)
    return Finding("ImageNet weights", names, "ok", "")
