r"""Measure whether maps point at the right picture, and depend on the weights.

    python benchmarks/explanations.py runs/cats_dogs_features/1 --mosaics 100

The pointing game (Zhang et al., Top-down Neural Attention by Excitation Backprop,
2016, https://arxiv.org/abs/1608.00507), on mosaics: a test picture of one class in a
random quarter, three of other classes in the others; a hit is a map that is strongest
in that quarter, 25 % by chance. Then the sanity check of Adebayo et al. (2018,
https://arxiv.org/abs/1810.03292): the rank correlation of Grad-CAM maps with those of
the same network after its weights were shuffled within each array. Last the seconds
that a report's maps take.
"""

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import spearmanr

from tfapp import recipes
from tfapp.base.intervals import wilson_interval
from tfapp.base.reporter import Reporter
from tfapp.data import load_dataset
from tfapp.data.spec import Dataset, Pass
from tfapp.machine.start import start_tensorflow
from tfapp.runs import Run


def main() -> None:
    """Print a line for each figure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("--mosaics", type=int, default=100)
    parser.add_argument("--occluded", type=int, default=30, help="of the mosaics")
    arguments = parser.parse_args()
    reporter = Reporter(quiet=True)
    start_tensorflow(reporter)
    from tfapp.domains.images.explanation.gradcam import gradcam
    from tfapp.domains.images.explanation.occlusion import occlusion
    from tfapp.domains.images.explanation.spec import Picture, Subject
    from tfapp.export.keras_file import load_model

    run = Run(arguments.run)
    recipe = recipes.load_recipe(str(run.recipe_file))
    dataset = load_dataset(recipe.data, seed=recipe.seed, split_file=run.split_file)
    model = load_model(run.model_file)
    names = dataset.info.labels
    images, classes, quarters = make_mosaics(dataset, arguments.mosaics)
    logits = model.predict(images.astype("float32"), verbose=0)
    pictures = [
        Picture(image, row, (int(index),))
        for image, row, index in zip(images, logits, classes, strict=True)
    ]
    subject = Subject(model, names, lambda: dataset, Path(), reporter)
    for kind, count in ((gradcam, len(pictures)), (occlusion, arguments.occluded)):
        began = time.process_time()
        found = kind(subject)(pictures[:count], lambda done: None)
        seconds = (time.process_time() - began) / count
        maps = [finding.heats[0].values for finding in found]
        hits = [quarter(m) == q for m, q in zip(maps, quarters, strict=False)]
        low, high = wilson_interval(sum(hits), count)
        print(
            f"{kind.__name__}: {np.mean(hits):.0%} of {count} mosaics (95 % interval "
            f"{low:.0%} to {high:.0%}); {seconds:.2f} processor seconds per picture"
        )
    sanity(model, dataset)


def make_mosaics(
    dataset: Dataset, count: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return uint8 mosaics, the class of one quarter, and which quarter it is."""
    random = np.random.default_rng(0)
    labels = dataset.targets(dataset.examples["test"])
    classes = random.integers(0, dataset.info.num_outputs, count)
    quarters = random.integers(0, 4, count)
    chosen = np.empty((count, 4), int)
    for row, index, place in zip(chosen, classes, quarters, strict=True):
        row[:] = random.choice(np.flatnonzero(labels != index), 4, replace=False)
        row[place] = random.choice(np.flatnonzero(labels == index))
    examples = tuple(dataset.examples["test"][i] for i in chosen.ravel())
    batches = dataset.batches(examples, Pass())
    pixels = np.concatenate([x for x, _ in batches.as_numpy_iterator()])
    height, width = (side // 2 * 2 for side in pixels.shape[1:3])
    half = (height // 2, width // 2, pixels.shape[3])
    pairs = pixels[:, :height, :width].reshape(-1, half[0], 2, half[1], 2, half[2])
    small = pairs.mean(axis=(2, 4)).reshape(count, 2, 2, *half)
    mosaics = np.zeros((count, *pixels.shape[1:]))
    whole = small.transpose(0, 1, 3, 2, 4, 5).reshape(count, height, width, half[2])
    mosaics[:, :height, :width] = whole
    return np.rint(mosaics).astype(np.uint8), classes, quarters


def quarter(values: np.ndarray) -> int:
    """Return the quarter with the largest mean.

    The highest cell would not do: that in the middle of a 5×5 map lies in no quarter.
    """
    positive = np.maximum(values, 0)
    rows = np.linspace(0, 1, len(positive)) < 0.5
    columns = np.linspace(0, 1, positive.shape[1]) < 0.5
    sums = [
        positive[np.ix_(r, c)].mean()
        for r in (rows, ~rows)
        for c in (columns, ~columns)
    ]
    return int(np.argmax(sums))


def sanity(model: Any, dataset: Dataset) -> None:
    """Print the rank correlation of maps before and after shuffling the weights."""
    from tfapp.domains.images.explanation.gradcam import class_maps
    from tfapp.domains.images.explanation.mistakes import mistake_maps
    from tfapp.domains.images.explanation.network import split

    held = dataset.examples["test"]
    examples = held[:: max(1, len(held) // 24)][:24]
    classes = [dataset.info.labels.index(e.target) for e in examples]
    began = time.perf_counter(), time.process_time()
    mistake_maps(model, dataset)(examples, classes)
    wall, cpu = time.perf_counter() - began[0], time.process_time() - began[1]
    batches = dataset.batches(examples, Pass())
    images = np.concatenate([x for x, _ in batches.as_numpy_iterator()])
    pairs = list(enumerate(classes))
    before = class_maps(split(model), images, pairs)
    random = np.random.default_rng(0)
    weights = [
        random.permutation(w.ravel()).reshape(w.shape) for w in model.get_weights()
    ]
    model.set_weights(weights)
    after = class_maps(split(model), images, pairs)
    found = [
        abs(spearmanr(a.ravel(), b.ravel()).statistic)
        for a, b in zip(before, after, strict=True)
        if np.ptp(a) and np.ptp(b)
    ]
    print(
        f"weights shuffled: mean |rank correlation| {np.mean(found):.2f} of "
        f"{len(found)} maps; {len(pairs) - len(found)} became empty"
    )
    print(f"maps of {len(pairs)} mistakes: {wall:.1f} s, {cpu:.1f} processor seconds")


if __name__ == "__main__":
    main()
