r"""Make the ImageNet weights that come with tfapp from a whole network's file.

    python benchmarks/imagenet_bundle.py mobilenet_v2 \\
        tfapp/domains/images/pretrained/bundled \\
        --samples '$TFAPP_DATA/imagenet_samples_224/samples250_jpeg.npz'

The extractor's file in TFAPP_WEIGHTS is read, its classifier is left out, kernels are
stored in float16, and the entry in weights.toml is written. With --samples, photos of
224 pixels in the order of Keras' classes, the classifier of the original judges both
networks.
"""

import argparse
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tfapp.base.reporter import Reporter
from tfapp.domains.images.pretrained.weight_files import (
    Entry,
    WeightsFile,
    add_to_catalogue,
    check_hash,
)
from tfapp.machine.start import start_tensorflow

SHAPE = (224, 224, 3)


def main() -> None:
    """Write the file, describe it, and print what rounding changed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("extractor")
    parser.add_argument("to", type=Path, help="folder of the file")
    parser.add_argument("--samples", default="", help="packed JPEG .npz of photos")
    arguments = parser.parse_args()
    start_tensorflow(Reporter())
    from tfapp.domains.images.pretrained.bundle import write_rounded
    from tfapp.domains.images.pretrained.weights import load_backbone, resolve_weights

    source = resolve_weights(arguments.extractor, "imagenet")
    if source is None:
        raise SystemExit("no weights")
    whole = load_backbone(arguments.extractor, SHAPE, str(source.path))
    path = arguments.to / f"{arguments.extractor}.f16.weights.h5"
    write_rounded(whole, path)
    entry = Entry(
        file=path.name,
        extractor=arguments.extractor,
        trained_on="imagenet",
        batch_norm_folded=source.batch_norm_folded,
        sha256=check_hash(path, ""),
    )
    add_to_catalogue(arguments.to, entry)
    print(f"{path}: {path.stat().st_size:,} bytes, sha256 {entry.sha256}")
    if arguments.samples:
        rounded = load_backbone(arguments.extractor, SHAPE, str(path))
        judge(source, whole, rounded, os.path.expandvars(arguments.samples))


def judge(source: WeightsFile, whole: Any, rounded: Any, samples: str) -> None:
    """Print top-1 and top-5 of both networks, and how far their maps are apart."""
    from tfapp.domains.images.pretrained.weights import load_classifier

    dense = load_classifier(source).layers[-1]
    correct: dict[str, list[tuple[bool, bool]]] = {"original": [], "rounded": []}
    gaps = []
    for images, labels in batches(samples):
        maps = {
            "original": np.array(whole(images)),
            "rounded": np.array(rounded(images)),
        }
        gaps.append(np.abs(maps["original"] - maps["rounded"]).max())
        for name, found in maps.items():
            order = np.argsort(-np.array(dense(found.mean((1, 2)))))[:, :5]
            hits = order == labels[:, None]
            correct[name] += [(bool(h[0]), bool(h.any())) for h in hits]
    for name, rows in correct.items():
        top_1, top_5 = np.mean(rows, 0)
        print(f"{name}: top-1 {top_1:.1%}, top-5 {top_5:.1%} of {len(rows)} photos")
    print(f"largest difference of a feature: {max(gaps):.4f}")


def batches(samples: str) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield float images in [-1, 1] (50, 224, 224, 3), and their classes (50,)."""
    import tensorflow as tf

    with np.load(samples) as packed:
        data, offsets, labels = (packed[k] for k in ("data", "offsets", "labels"))
    for start in range(0, len(labels), 50):
        ends = offsets[start : start + 51]
        files = [data[a:b].tobytes() for a, b in zip(ends, ends[1:], strict=False)]
        pixels = np.stack([tf.io.decode_jpeg(file, channels=3) for file in files])
        yield pixels / np.float32(127.5) - 1, labels[start : start + 50]


if __name__ == "__main__":
    main()
