"""How far features in bfloat16 are from those in float32, and whether it matters.

    python benchmarks/feature_precision.py "$TFAPP_DATA/cats_dogs/train" --photos 600

Of every network: the cosine between the two features of each photo, and the accuracy of
a logistic regression that learns from one half of the photos and answers the other
half, once with the features of each precision. ImageNet weights are needed.
"""

import argparse
from pathlib import Path

import keras
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tfapp.base.reporter import Reporter
from tfapp.data import load_dataset
from tfapp.data.spec import Dataset, Pass
from tfapp.domains.images.classification.models.transfer import transfer
from tfapp.machine.start import start_tensorflow
from tfapp.recipes.config import DataConfig
from tfapp.training.inference import predict
from tfapp.training.speed.precision.trial import cosines
from tfapp.training.transfer.freezing import parts

POLICIES = ("float32", "mixed_bfloat16")
CLASSIFIER_STRENGTH = 0.01
"""Inverse of the penalty on the weights, of standardised features."""


def main() -> None:
    """Print one row per network."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photos_folder", type=Path, help="folder of class folders")
    parser.add_argument(
        "--networks", nargs="+", default=["mobilenet_v2", "inception_v3"]
    )
    parser.add_argument("--photos", type=int, default=600)
    parser.add_argument("--size", type=int, default=160, help="side, in pixels")
    arguments = parser.parse_args()
    start_tensorflow(Reporter())
    dataset = load(arguments.photos_folder, arguments.photos, arguments.size)
    print(
        "| network | photos | cosine: least | median | accuracy float32 | bfloat16 "
        "| answered differently |\n" + "|---" * 7 + "|"
    )
    for network in arguments.networks:
        print(row(network, dataset), flush=True)


def load(folder: Path, photos: int, size: int) -> Dataset:
    """Return photos, as many of each class, all in the training split."""
    labels = sum(1 for place in folder.iterdir() if place.is_dir())
    config = DataConfig(
        kind="images",
        path=str(folder),
        limit=photos // max(labels, 1),
        options={"image_size": [size, size]},
        split={"validation": 0.0, "test": 0.0},
    )
    return load_dataset(config, seed=0)


def row(network: str, dataset: Dataset) -> str:
    """Return a network's row of the table."""
    found = [features(network, policy, dataset) for policy in POLICIES]
    alike = cosines(*found)
    labels = dataset.targets(dataset.examples["train"])
    right = [answers(rows, labels) for rows in found]
    shares = [f"{np.mean(each):.2%}" for each in right]
    return (
        f"| {network} | {len(labels)} | {alike.min():.4f} | {np.median(alike):.4f} "
        f"| {shares[0]} | {shares[1]} "
        f"| {int((right[0] != right[1]).sum())} of {len(right[0])} |"
    )


def features(network: str, policy: str, dataset: Dataset) -> np.ndarray:
    """Return the float32 features (photos, dims) that a precision gives."""
    keras.config.set_dtype_policy(policy)
    extractor, _ = parts(transfer(dataset.info, extractor=network))
    with Reporter().stage(f"{network} in {policy}") as stage:
        total = len(dataset.examples["train"])
        return predict(
            extractor, dataset.batches(dataset.examples["train"], Pass()), total, stage
        )


def answers(rows: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return of each photo of the second half whether it was answered rightly."""
    halves = train_test_split(
        rows, labels, test_size=0.5, random_state=0, stratify=labels
    )
    learned, held, known, expected = halves
    regression = LogisticRegression(C=CLASSIFIER_STRENGTH, max_iter=2000)
    classifier = make_pipeline(StandardScaler(), regression).fit(learned, known)
    return classifier.predict(held) == expected


if __name__ == "__main__":
    main()
