r"""Trials until a tuner is near the best settings, on tables of precomputed scores.

Every setting of two grids was trained once (`--make`), so a search costs nothing but
its own proposals and can be repeated with many seeds:

    python benchmarks/tuning.py --seeds 20

Table "flowers": a head with dropout on features of MobileNetV2 (needs TFAPP_DATA and
weights to be made anew); table "digits": a network with a hidden layer on digits that
come with scikit-learn. Optuna's sampler takes part if it is installed: pip install
'tfapp[bench]'.
"""

import argparse
import csv
import itertools
import json
import math
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

from tfapp.recipes.tuning import Dimension, TuningConfig

TABLES = Path(__file__).with_name("tuning_tables")
EPOCHS = (1, 3, 9, 27)
RATES = tuple(float(f"{rate:.3g}") for rate in np.geomspace(1e-4, 1.0, 9))
GRIDS: dict[str, dict[str, tuple[Any, ...]]] = {
    "flowers": {
        "rate": RATES,
        "l2": (0.0, 1e-4, 1e-3, 1e-2, 1e-1),
        "dropout": (0.0, 0.3, 0.6),
        "batch": (16, 64, 256),
        "optimizer": ("adam", "sgd"),
    },
    "digits": {
        "rate": RATES,
        "hidden": (4, 8, 16, 32, 64),
        "batch": (16, 64, 256),
        "optimizer": ("adam", "sgd"),
        "activation": ("relu", "tanh"),
    },
}
TARGETS = (0.99, 0.999)
"""Shares of the best accuracy of the table."""
MOST = 100
"""Trials; a search that takes more counts as so many."""


class Table(NamedTuple):
    """Accuracies of every setting after some epochs.

    Args:
        grid: column → its values.
        scores: indices of the values → accuracies after each of EPOCHS.
    """

    grid: dict[str, tuple[Any, ...]]
    scores: dict[tuple[int, ...], tuple[float, ...]]

    @property
    def best(self) -> float:
        """The best accuracy after all epochs."""
        return max(curve[-1] for curve in self.scores.values())

    def dimensions(self) -> dict[str, Dimension]:
        """Return the space: places of ordered values as whole numbers."""
        return {
            name: Dimension(choices=values)
            if isinstance(values[0], str)
            else Dimension(min=0, max=len(values) - 1, integer=True)
            for name, values in self.grid.items()
        }

    def curve(self, settings: dict[str, Any]) -> tuple[float, ...]:
        """Return the accuracies of settings."""
        places = []
        for name, values in self.grid.items():
            value = settings[name]
            places.append(values.index(value) if isinstance(value, str) else int(value))
        return self.scores[tuple(places)]

    @property
    def start(self) -> dict[str, Any]:
        """Settings with which every search begins: the middle of the grid."""
        return {
            name: values[0] if isinstance(values[0], str) else len(values) // 2
            for name, values in self.grid.items()
        }


def main() -> None:
    """Print one row per tuner and table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=20)
    there = [name for name in GRIDS if (TABLES / f"{name}.csv").is_file()]
    parser.add_argument("--tables", nargs="*", choices=list(GRIDS), default=there)
    parser.add_argument("--tuners", nargs="*", default=None)
    parser.add_argument("--make", action="store_true", help="train all settings anew")
    parser.add_argument("--out", type=Path, help="JSON file of all figures")
    arguments = parser.parse_args()
    if not arguments.make:  # proposals need no TensorFlow
        os.environ.setdefault("KERAS_BACKEND", "numpy")
    everything = {}
    for name in arguments.tables:
        if arguments.make:
            make(name)
        table = read(name)
        print(f"{name}: {len(table.scores)} settings, best accuracy {table.best:.4f}")
        for tuner, search in searches().items():
            if arguments.tuners and tuner not in arguments.tuners:
                continue
            costs = [reached(search(table, s), table) for s in range(arguments.seeds)]
            everything[f"{name} {tuner}"] = costs
            print(f"| {name} | {tuner} | {described(np.array(costs))} |", flush=True)
    if arguments.out:
        arguments.out.write_text(json.dumps(everything, indent=2) + "\n")


Trials = Iterator[tuple[float, float]]
"""Accuracy and cost of one trial after another, in trainings of all epochs."""


def searches() -> dict[str, Callable[[Table, int], Trials]]:
    """Return the tuners, each table and seed → trials."""
    found: dict[str, Callable[[Table, int], Trials]] = {
        name: ours(name) for name in ("random", "bayesian", "hyperband", "grid")
    }
    try:
        import optuna  # noqa: F401
    except ImportError:
        print("Optuna is not installed: pip install 'tfapp[bench]'")
        return found
    return {**found, "Optuna TPE": optuna_tpe}


def ours(tuner: str) -> Callable[[Table, int], Trials]:
    """Return a search by one of tfapp's tuners."""

    def search(table: Table, seed: int) -> Trials:
        from tfapp.tuning.oracles.dimensions import settings
        from tfapp.tuning.oracles.durable import EPOCHS as BUDGET
        from tfapp.tuning.oracles.durable import FACTS
        from tfapp.tuning.oracles.making import make_oracle

        dimensions = table.dimensions()
        config = TuningConfig(
            space=dimensions, tuner=tuner, trials=100 * MOST, seed=seed
        )
        space: Any = _Space(dimensions, table.start)
        oracle = make_oracle(space, config, EPOCHS[-1])
        oracle.save = lambda: None  # nobody is going to be killed
        while (trial := oracle.create_trial("worker")).status == "RUNNING":
            values = trial.hyperparameters.values
            curve = table.curve(settings(values, dimensions))
            epochs = int(values.get(BUDGET, EPOCHS[-1]))
            accuracy = curve[EPOCHS.index(epochs)]
            trial.status = "COMPLETED"
            values[FACTS] = json.dumps({"score": -accuracy})
            oracle.end_trial(trial)
            spent = epochs - int(values.get("tuner/initial_epoch", 0))
            # Settings count as found once they have been trained to the end.
            yield accuracy if epochs == EPOCHS[-1] else 0.0, spent / EPOCHS[-1]

    return search


class _Space(NamedTuple):
    """What an oracle needs of a space."""

    dimensions: dict[str, Dimension]
    own: dict[str, Any]

    def own_values(self) -> dict[str, Any]:
        return self.own


def optuna_tpe(table: Table, seed: int) -> Trials:
    """Yield the trials of Optuna's tree-structured Parzen estimator."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(
        direction="maximize", sampler=optuna.samplers.TPESampler(seed=seed)
    )
    study.enqueue_trial(table.start)
    while True:
        trial = study.ask()
        settings = {
            name: trial.suggest_categorical(name, list(values))
            if isinstance(values[0], str)
            else trial.suggest_int(name, 0, len(values) - 1)
            for name, values in table.grid.items()
        }
        accuracy = table.curve(settings)[-1]
        study.tell(trial, accuracy)
        yield accuracy, 1.0


def reached(trials: Trials, table: Table) -> list[float]:
    """Return what a search costs until each of TARGETS, at most MOST."""
    costs, spent, best = [float(MOST)] * len(TARGETS), 0.0, 0.0
    for accuracy, cost in trials:
        spent += cost
        best = max(best, accuracy)
        for index, share in enumerate(TARGETS):
            if best >= share * table.best and costs[index] == MOST:
                costs[index] = spent
        if max(costs) < MOST or spent >= MOST:
            break
    return costs


def described(costs: np.ndarray) -> str:
    """Write mean with its 95 % interval, and median, for each target."""
    parts = []
    for column in costs.T:
        half = 1.96 * column.std(ddof=1) / math.sqrt(len(column))
        parts.append(
            f"{column.mean():.1f} ± {half:.1f}, median {np.median(column):.1f}"
        )
    return " | ".join(parts)


def read(name: str) -> Table:
    """Read a table that `make` wrote."""
    grid, scores = GRIDS[name], {}
    with (TABLES / f"{name}.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            key = tuple(
                list(map(str, values)).index(row[column])
                for column, values in grid.items()
            )
            scores[key] = tuple(float(row[f"after_{e}"]) for e in EPOCHS)
    return Table(grid, scores)


def make(name: str) -> None:
    """Train every setting of a grid and write its table."""
    data = flowers() if name == "flowers" else digits()
    grid = GRIDS[name]
    TABLES.mkdir(exist_ok=True)
    with (TABLES / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*grid, *(f"after_{epoch}" for epoch in EPOCHS)])
        for values in itertools.product(*grid.values()):
            curve = train(*data, **dict(zip(grid, values, strict=True)))
            writer.writerow([*values, *(f"{accuracy:.5f}" for accuracy in curve)])


def digits() -> tuple[np.ndarray, ...]:
    """Return 600 digits to learn from, and the others to be judged on."""
    from sklearn.datasets import load_digits

    data = load_digits()
    order = np.random.default_rng(0).permutation(len(data.target))
    inputs, labels = data.data[order] / 8.0 - 1.0, data.target[order]
    return inputs[:600], labels[:600], inputs[600:], labels[600:]


def flowers() -> tuple[np.ndarray, ...]:
    """Return features of 1,000 flowers to learn from, and of others to be judged on."""
    from sklearn.decomposition import PCA
    from small_sets import features_of

    from tfapp import recipes
    from tfapp.base.reporter import Reporter
    from tfapp.data import load_dataset
    from tfapp.machine.start import start_tensorflow
    from tfapp.tasks.build import build_model

    start_tensorflow(Reporter())
    overrides = ["data.path=$TFAPP_DATA/flowers", "data.options.image_size=[128,128]"]
    recipe = recipes.load_recipe("flowers_features", [*overrides, "data.limit=200"])
    dataset = load_dataset(recipe.data, seed=0)
    model = build_model(recipe.model, dataset.info)
    found: list[np.ndarray] = []
    for split in ("train", "test"):
        features = features_of(recipe, dataset, model, split)[0]
        found += [features, np.asarray(dataset.targets(dataset.examples[split]))]
    small = PCA(64, whiten=False, random_state=0).fit(found[0])
    scale = small.transform(found[0]).std()
    found[0], found[2] = (small.transform(x) / scale for x in (found[0], found[2]))
    return tuple(found)


def train(
    inputs: np.ndarray,
    labels: np.ndarray,
    held: np.ndarray,
    held_labels: np.ndarray,
    *,
    rate: float,
    batch: int,
    optimizer: str,
    hidden: int = 0,
    activation: str = "relu",
    l2: float = 0.0,
    dropout: float = 0.0,
) -> list[float]:
    """Train a small network and return its accuracies after EPOCHS."""
    random = np.random.default_rng(0)
    classes = int(labels.max()) + 1
    sizes = [inputs.shape[1], *([hidden] if hidden else []), classes]
    weights = [
        random.normal(0.0, 1.0 / math.sqrt(a), (a, b))
        for a, b in itertools.pairwise(sizes)
    ] + [np.zeros(size) for size in sizes[1:]]
    moments = [(np.zeros_like(w), np.zeros_like(w)) for w in weights]
    curve, step = [], 0
    for epoch in range(1, EPOCHS[-1] + 1):
        order = random.permutation(len(labels))
        for begin in range(0, len(order), batch):
            rows = order[begin : begin + batch]
            x = inputs[rows]
            if dropout:
                x = x * (random.random(x.shape) >= dropout) / (1.0 - dropout)
            step += 1
            gradients = _gradients(weights, x, labels[rows], activation, l2)
            _update(weights, gradients, moments, rate, optimizer, step)
        if epoch in EPOCHS:
            scores = _forward(weights, held, activation)[-1]
            curve.append(float((scores.argmax(-1) == held_labels).mean()))
    return curve


def _forward(
    weights: list[np.ndarray], x: np.ndarray, activation: str
) -> list[np.ndarray]:
    layers, values = len(weights) // 2, [x]
    for index in range(layers):
        x = x @ weights[index] + weights[layers + index]
        if index < layers - 1:
            x = np.maximum(x, 0.0) if activation == "relu" else np.tanh(x)
        values.append(x)
    return values


def _gradients(
    weights: list[np.ndarray],
    x: np.ndarray,
    labels: np.ndarray,
    activation: str,
    l2: float,
) -> list[np.ndarray]:
    layers = len(weights) // 2
    values = _forward(weights, x, activation)
    scores = values[-1] - values[-1].max(-1, keepdims=True)
    delta = np.exp(np.minimum(scores, 50.0))
    delta /= delta.sum(-1, keepdims=True)
    delta[np.arange(len(labels)), labels] -= 1.0
    delta /= len(labels)
    found: list[np.ndarray] = [np.empty(0)] * len(weights)
    for index in reversed(range(layers)):
        found[index] = values[index].T @ delta + l2 * weights[index]
        found[layers + index] = delta.sum(0)
        if index:
            slope = (
                values[index] > 0 if activation == "relu" else 1 - values[index] ** 2
            )
            delta = (delta @ weights[index].T) * slope
    return found


def _update(
    weights: list[np.ndarray],
    gradients: list[np.ndarray],
    moments: list[tuple[np.ndarray, np.ndarray]],
    rate: float,
    optimizer: str,
    step: int,
) -> None:
    for weight, gradient, (first, second) in zip(
        weights, gradients, moments, strict=True
    ):
        gradient = np.nan_to_num(np.clip(gradient, -1e3, 1e3))
        if optimizer == "sgd":
            first *= 0.9
            first += gradient
            weight -= rate * first
            continue
        first *= 0.9
        first += 0.1 * gradient
        second *= 0.999
        second += 0.001 * gradient**2
        mean, spread = first / (1 - 0.9**step), second / (1 - 0.999**step)
        weight -= rate * mean / (np.sqrt(spread) + 1e-8)


if __name__ == "__main__":
    main()
