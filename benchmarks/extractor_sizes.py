r"""Pooled features of extractors at several image sizes, judged by a linear head.

    python benchmarks/extractor_sizes.py '$TFAPP_DATA/cats_dogs' digits \\
        --extractors vgg_small inception_small --sizes 64 96 128 160

The head is scikit-learn's logistic regression on standardised features. Its strength is
chosen on the validation split; then it is fitted to both splits and judged once on the
test split. Every extractor is measured with its own weights and with random ones.
"""

import argparse

import keras
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from tfapp.base.reporter import Reporter
from tfapp.data import load_dataset
from tfapp.data.spec import Dataset, Pass
from tfapp.domains.images.classification.models.transfer import transfer
from tfapp.domains.images.pretrained.extractors import EXTRACTORS
from tfapp.machine.start import start_tensorflow
from tfapp.recipes.config import DataConfig
from tfapp.training.inference import predict

STRENGTHS = (0.001, 0.003, 0.01, 0.03, 0.1)
Features = dict[str, np.ndarray]


def main() -> None:
    """Print one line per data set, extractor and kind of weights."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", nargs="+")
    parser.add_argument("--extractors", nargs="+", default=["vgg_small"])
    parser.add_argument("--sizes", nargs="+", type=int, default=[64, 96, 128, 160])
    arguments = parser.parse_args()
    start_tensorflow(Reporter())
    keras.config.set_dtype_policy("mixed_bfloat16")
    for path in arguments.data:
        for name in arguments.extractors:
            for weights in (EXTRACTORS[name].weights, "none"):
                found = [measure(path, name, weights, s) for s in arguments.sizes]
                shown = "  ".join(f"{accuracy:.2%}" for accuracy in found)
                print(f"{path} {name} {weights}: {shown}", flush=True)


def measure(path: str, extractor: str, weights: str, size: int) -> float:
    """Return the test accuracy of a linear head on an extractor's features."""
    options = {"image_size": [size, size]}
    dataset = load_dataset(
        DataConfig(kind="images", path=path, options=options), seed=0
    )
    features = extract(dataset, extractor, weights)
    labels = {split: dataset.targets(dataset.examples[split]) for split in features}
    strength = max(
        STRENGTHS,
        key=lambda c: fitted(features["train"], labels["train"], c).score(
            features["validation"], labels["validation"]
        ),
    )
    rows, answers = (
        np.concatenate([x["train"], x["validation"]]) for x in (features, labels)
    )
    head = fitted(rows, answers, strength)
    return float(head.score(features["test"], labels["test"]))


def extract(dataset: Dataset, extractor: str, weights: str) -> Features:
    """Return float32 features (examples, dims) of every split."""
    keras.utils.set_random_seed(0)
    model = transfer(
        dataset.info,
        extractor=extractor,
        weights=weights,
    ).get_layer("extractor")
    return {
        split: predict(model, dataset.batches(examples, Pass()), len(examples))
        for split, examples in dataset.examples.items()
    }


def fitted(features: np.ndarray, labels: np.ndarray, strength: float) -> Pipeline:
    """Return a linear head fitted to features (examples, dims)."""
    head = LogisticRegression(C=strength, max_iter=300)
    return make_pipeline(StandardScaler(), head).fit(features, labels)


if __name__ == "__main__":
    main()
