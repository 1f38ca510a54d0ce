r"""What `fit` could do beyond its head: thaw few images, average weights, mirror.

    python benchmarks/thaw_ways.py --kept-back 0.8 --epochs 12 --seeds 0 1

A part of each set's training images (`--kept-back`) is kept back and scored once per
way; its test images are not touched. Validation images choose the epoch, as in `fit`;
"everything" learns from them too, for all epochs. Each row holds the accuracy on what
was kept back, of the images alone and averaged with their mirror images, the mean log
losses of both, and by how many standard errors thawing lowered the log loss of
validation images. Finished rows are kept in `--folder`.
"""

import argparse
import json
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from small_sets import LARGER_SETS, SMALL_SETS

from tfapp import recipes
from tfapp.base.reporter import Reporter
from tfapp.machine.start import start_tensorflow
from tfapp.recipes.config import Recipe

WAYS = ("head", "thaw", "averaged", "everything")
MOST_TRIED = 300
"""Images of those kept back that are tried."""
AVERAGED_EPOCHS = 1.0
"""About so many epochs' weights are averaged."""


def main() -> None:
    """Print a row for each set, seed and way."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sets", nargs="+", default=LARGER_SETS, choices=LARGER_SETS)
    parser.add_argument("--ways", nargs="+", default=list(WAYS), choices=WAYS)
    parser.add_argument("--kept-back", type=float, default=0.8, help="share to test")
    parser.add_argument("--layer", default="block_10_expand")
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--epochs", type=int, default=12, help="of the second phase")
    parser.add_argument("--weights", default="imagenet")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--folder", type=Path, default=Path("runs/thaw_ways"))
    arguments = parser.parse_args()
    start_tensorflow(Reporter(quiet=True))
    print(
        "| set | seed | way | learned from | best epoch | accuracy | mirrored too "
        "| log loss | mirrored too | of validation | mirrored too | gained |"
    )
    print("|---" * 12 + "|", flush=True)
    for name in arguments.sets:
        for seed in arguments.seeds:
            for way in arguments.ways:
                cell = remembered(name, seed, way, arguments)
                print(f"| {name} | {seed} | {way} | {row_of(cell)} |", flush=True)


def row_of(cell: Mapping[str, Any]) -> str:
    """Return the figures of a cell as the rest of a row."""
    figures = [f"{100 * value:.2f}" for value in cell["accuracy"]]
    figures += [f"{value:.4f}" for value in (*cell["loss"], *cell["held_out"])]
    figures.append(f"{cell['gained']:.1f}")
    return " | ".join([str(cell["images"]), str(cell["best_epoch"]), *figures])


def remembered(
    name: str, seed: int, way: str, arguments: argparse.Namespace
) -> dict[str, Any]:
    """Return a cell, from its file if it was measured before."""
    key = f"{name}.{arguments.kept_back}.{arguments.epochs}.{seed}.{way}.json"
    file = arguments.folder / key.replace(" ", "_")
    if file.exists():
        return dict(json.loads(file.read_text(encoding="utf-8")))
    cell = measured(name, seed, way, arguments)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(cell), encoding="utf-8")
    return cell


def measured(
    name: str, seed: int, way: str, arguments: argparse.Namespace
) -> dict[str, Any]:
    """Train one way on one set, and score it on what was kept back."""
    import keras

    from tfapp.base.cache_dir import default_cache_dir
    from tfapp.data import load_dataset
    from tfapp.tasks import get_task
    from tfapp.tasks.build import build_model
    from tfapp.training.job import TrainingJob
    from tfapp.training.loop.training_loop import TrainingLoop
    from tfapp.training.trainer import Trainer

    recipe = recipe_of(name, seed, way, arguments)
    dataset: Any = load_dataset(recipe.data, seed=seed)
    dataset = with_splits(dataset, everything=way.startswith("everything"))
    keras.utils.set_random_seed(seed)
    model = build_model(recipe.model, dataset.info)
    with tempfile.TemporaryDirectory() as folder:
        loop = TrainingLoop(Path(folder), Reporter())
        cache = default_cache_dir() / "features"
        task = get_task(recipe.task, recipe.task_options)
        trainer = Trainer(TrainingJob(model, dataset, task, recipe, loop, cache))
        before = trained(trainer, dataset)
    phases = {phase.phase: phase for phase in loop.phases}
    return {
        "images": len(dataset.examples["train"]),
        "best_epoch": phases["thaw"].best_epoch if "thaw" in phases else 0,
        **scored(model, dataset, "test"),
        "held_out": scored(model, dataset, "validation")["loss"] or [np.nan] * 2,
        "gained": gained(before, model, dataset),
    }


def trained(trainer: Any, dataset: Any) -> np.ndarray:
    """Train all phases; return the log losses of validation images by the head."""
    losses = np.zeros(0)
    for phase, workload in trainer.workloads():
        trainer.run(phase, workload)
        if phase.plan.name == "head" and dataset.examples["validation"]:
            logits = trainer.method.exact.held_out_logits()
            losses = log_losses(probabilities(logits), dataset, "validation")
    return losses


def gained(before: np.ndarray, model: Any, dataset: Any) -> float:
    """Return the mean fall of the log losses of validation, in standard errors."""
    if not len(before):
        return 0.0
    plain = predicted(model, dataset, "validation")[0]
    fall = before - log_losses(probabilities(plain), dataset, "validation")
    return float(fall.mean() / max(fall.std(ddof=1) / len(fall) ** 0.5, 1e-9))


def recipe_of(name: str, seed: int, way: str, arguments: argparse.Namespace) -> Recipe:
    """Return the recipe of one way, as `fit` would write it."""
    images, kept_back = SMALL_SETS[name], arguments.kept_back
    l2 = min(images.l2 * 0.75 / (1 - kept_back), 1.0)
    options = f"{{extractor='mobilenet_v2', weights='{arguments.weights}', l2={l2}}}"
    overrides = [
        f"seed={seed}",
        *images.settings(images.side, images.training_images),
        f"data.split.test={kept_back}",
        f"data.split.validation={min(0.15, 0.899 - kept_back):.3f}",
        f"data.augmentation={images.augmentation}",
        f"model.options={options}",
        "fine_tune.head.solver=exact",
        "fine_tune.head.views=2",
    ]
    if way == "head":
        return recipes.load_recipe("cats_dogs_features", overrides)
    overrides += [
        f"fine_tune.thaw.from_layer={arguments.layer}",
        f"fine_tune.thaw.learning_rate={arguments.rate}",
        f"fine_tune.thaw.epochs={arguments.epochs}",
        "fine_tune.thaw.layer_decay=0.9",
    ]
    if way.endswith("averaged"):
        steps = max(images.images * (1 - kept_back) / 32 * AVERAGED_EPOCHS, 2.0)
        overrides.append(f"training.ema_momentum={1 - 1 / steps:.4f}")
    return recipes.load_recipe("cats_dogs_fine_tune", overrides)


def with_splits(dataset: Any, everything: bool) -> Any:
    """Return a dataset with fewer test images; its validation images learned from."""
    train, validation = (dataset.examples[s] for s in ("train", "validation"))
    drawn = np.random.default_rng(0).permutation(len(dataset.examples["test"]))
    test = tuple(dataset.examples["test"][i] for i in sorted(drawn[:MOST_TRIED]))
    if everything:
        train, validation = (*train, *validation), ()
    examples = {"train": train, "validation": validation, "test": test}
    return replace(dataset, examples=examples)


def scored(model: Any, dataset: Any, split: str) -> dict[str, Any]:
    """Return accuracy and log loss of a split, plain and averaged with its mirror."""
    examples = dataset.examples[split]
    if not examples:
        return {"accuracy": [], "loss": []}
    shares = list(map(probabilities, predicted(model, dataset, split)))
    both, truth = [shares[0], np.mean(shares, axis=0)], dataset.targets(examples)
    return {
        "accuracy": [float((p.argmax(1) == truth).mean()) for p in both],
        "loss": [float(log_losses(p, dataset, split).mean()) for p in both],
    }


def predicted(model: Any, dataset: Any, split: str) -> list[np.ndarray]:
    """Return logits of a split's images, and of their mirror images."""
    from tfapp.data.spec import Pass

    plain, mirrored = [], []
    batches = dataset.batches(dataset.examples[split], Pass())
    for inputs, *_ in batches.as_numpy_iterator():
        plain.append(model.predict_on_batch(inputs))
        mirrored.append(model.predict_on_batch(inputs[:, :, ::-1]))
    return [np.concatenate(plain), np.concatenate(mirrored)]


def log_losses(shares: np.ndarray, dataset: Any, split: str) -> np.ndarray:
    """Return the log loss of each example of a split."""
    truth = dataset.targets(dataset.examples[split])
    right: np.ndarray = shares[np.arange(len(truth)), truth]
    return np.asarray(-np.log(np.maximum(right, 1e-7)))


def probabilities(logits: np.ndarray) -> np.ndarray:
    """Return the softmax of logits (examples, classes)."""
    shares: np.ndarray = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(shares / shares.sum(axis=1, keepdims=True))


if __name__ == "__main__":
    main()
