r"""What is wished of capsules, tried: capsules against CNNs, seed by seed.

    python benchmarks/wishlist.py few --seeds 5
    python benchmarks/wishlist.py affine picasso routing shapes --examples 6000

Wishes: `affine` (learn digits anywhere on 40×40, stop at equal accuracy, recognise
turned, sheared and scaled ones; read the pose back linearly), `picasso` (tell faces
from faces with their parts in wrong places, learnt without any), `routing` (entropy
round by round; one round against three; two digits over each other), `shapes` (does
each number of a capsule change one thing), `few` (1, 3 and 5 digits of each class).
Networks: Efficient-CapsNet, a narrow CapsNet, a CNN of as many weights as the former
and one that computes as much per picture. Intervals are paired bootstraps over the
test pictures, of the mean over the seeds; ± is the deviation over seeds. Needs
TFAPP_DATA.
"""

import argparse
import time

import numpy as np
from scipy.stats import spearmanr
from sklearn.linear_model import RidgeCV
from sklearn.metrics import roc_auc_score
from wishes import digits, drawings, faces
from wishes.training import (
    NETWORKS,
    Network,
    difference,
    logits,
    right,
    spread,
    train,
)

from tfapp.reporter import Reporter
from tfapp.start import start_tensorflow

OURS, THEIRS = "efficient_capsnet", ("cnn_parameters", "cnn_compute")


def main() -> None:
    """Print the figures of each wish."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("wishes", nargs="+", choices=list(WISHES))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--examples", type=int, default=6000, help="to learn from")
    parser.add_argument("--tests", type=int, default=2000, help="0 = all 10,000")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--networks", nargs="+", default=list(NETWORKS))
    arguments = parser.parse_args()
    start_tensorflow(Reporter(quiet=True))
    for name in arguments.wishes:
        began = time.monotonic()
        print(f"\n## {name}", flush=True)
        WISHES[name](arguments)
        print(f"({time.monotonic() - began:.0f} s)", flush=True)


def compare(scores: dict[str, list[np.ndarray]]) -> None:
    """Print how far the first capsule network lies above each CNN."""
    for name in THEIRS:
        if name in scores and OURS in scores:
            print(f"{OURS} - {name}: {difference(scores[OURS], scores[name])}")


def affine(arguments: argparse.Namespace) -> None:
    """Learn placed digits to equal accuracy, and recognise bent ones."""
    learnt, tested = digits.mnist()
    held = digits.placed(digits.some(tested, arguments.tests or 10_000, 0), 40, 1)
    bent, poses = digits.bent(digits.some(tested, arguments.tests or 10_000, 0), 40, 2)
    scores: dict[str, list[np.ndarray]] = {}
    for name in arguments.networks:
        plain, read = [], []
        for seed in range(arguments.seeds):
            drawn = digits.some(learnt, arguments.examples + 1000, seed)
            placed = digits.placed(drawn, 40, seed)
            kept = digits.Digits(placed.images[:-1000], placed.labels[:-1000])
            stop = digits.Digits(placed.images[-1000:], placed.labels[-1000:])
            model = train(
                NETWORKS[name],
                kept,
                seed,
                epochs=arguments.epochs,
                stop_at=(stop, 0.985),
            )
            plain.append(float(right(model, held).mean()))
            scores.setdefault(name, []).append(right(model, bent))
            if name not in THEIRS:
                read.append(readable(model, bent, poses))
        moved = spread([float(s.mean()) for s in scores[name]])
        print(f"{name}: placed {spread(plain)}, bent {moved}", flush=True)
        if read:
            told = zip(("right", "down", "turn"), np.mean(read, axis=0), strict=True)
            print("  R² from the pose:", ", ".join(f"{w} {r:.2f}" for w, r in told))
    compare(scores)


def readable(
    model: object, bent: digits.Digits, poses: digits.Poses
) -> tuple[float, ...]:
    """Return R² of each pose number, read linearly off the true class's capsule."""
    capsules = drawings.parts_of(model).capsules(bent.images)
    kept = capsules * np.eye(10)[bent.labels][..., np.newaxis]
    # A line of its own for each class: masked capsules, and which class it is.
    rows = np.concatenate(
        [kept.reshape(len(kept), -1), np.eye(10)[bent.labels]], axis=1
    )
    half = len(rows) // 2
    found = []
    for values in poses:
        model_of = RidgeCV(np.logspace(-4, 2, 7)).fit(rows[:half], values[:half])
        found.append(float(model_of.score(rows[half:], values[half:])))
    return tuple(found)


def picasso(arguments: argparse.Namespace) -> None:
    """Tell faces from scrambled ones that no training picture was like."""
    count = arguments.tests or 2000
    shown = np.concatenate([faces.faces(count, 90), faces.scrambled(count, 91)])
    other = digits.Digits(
        np.concatenate([faces.others(count, 92), faces.faces(count, 93)]),
        np.repeat([0, 1], count),
    )
    truth = np.repeat([1, 0], count)
    for name in arguments.networks:
        areas, plain = [], []
        for seed in range(arguments.seeds):
            learnt = faces.training_set(arguments.examples // 2, 2 * seed + 1000)
            model = train(NETWORKS[name], learnt, seed, epochs=arguments.epochs)
            odds = logits(model, shown)
            areas.append(float(roc_auc_score(truth, odds[:, 1] - odds[:, 0])))
            plain.append(float(right(model, other).mean()))
        told = f"{np.mean(areas):.3f} ± {np.std(areas):.3f}"
        print(f"{name}: AUC {told}; faces or none {spread(plain)}", flush=True)


def routing(arguments: argparse.Namespace) -> None:
    """Entropy of the coefficients; one round against three; overlaid digits."""
    learnt, tested = digits.mnist()
    held = digits.some(tested, arguments.tests or 10_000, 0)
    scores: dict[str, list[np.ndarray]] = {}
    pairs: dict[str, list[np.ndarray]] = {}
    over = digits.overlaid(tested, arguments.tests or 10_000, 99)
    for iterations in (1, 3):
        name = f"r = {iterations}"
        options = NETWORKS["capsnet"].options | {"iterations": iterations}
        network = Network("capsnet", options)
        for seed in range(arguments.seeds):
            drawn = digits.some(learnt, arguments.examples, seed)
            model = train(network, drawn, seed, epochs=arguments.epochs, shift=2)
            scores.setdefault(name, []).append(right(model, held))
            if iterations == 3 and not seed:
                nats = drawings.entropy(model, held.images[:500])
                print("entropy by round:", ", ".join(f"{n:.3f}" for n in nats))
            model = drawings.train_on_pairs(network, drawn, seed, arguments.epochs)
            pairs.setdefault(name, []).append(drawings.both_right(model, over))
        for what, found in (("one digit", scores), ("two digits", pairs)):
            told = spread([float(s.mean()) for s in found[name]])
            print(f"{what}, {name}: {told}", flush=True)
    for what, found in (("one digit", scores), ("two digits", pairs)):
        print(f"{what}, r = 3 - r = 1: {difference(found['r = 3'], found['r = 1'])}")


def shapes(arguments: argparse.Namespace) -> None:
    """Whether width, slant or thickness changes steadily with one number."""
    learnt, tested = digits.mnist()
    held = digits.some(tested, 100, 0)
    for name in (n for n in arguments.networks if n not in THEIRS):
        steady = []
        for seed in range(arguments.seeds):
            drawn = digits.some(learnt, arguments.examples, seed)
            model = train(NETWORKS[name], drawn, seed, epochs=arguments.epochs, shift=2)
            best = drawings.steadiness(model, held, spearmanr)
            steady.append(int((best >= 0.8).sum()))
        told = ", ".join(map(str, steady))
        print(f"{name}: numbers that change one thing steadily, of 16: {told}")


def few(arguments: argparse.Namespace) -> None:
    """1, 3 and 5 digits of each class, drawn anew for each seed."""
    learnt, tested = digits.mnist()
    held = digits.some(tested, arguments.tests or 10_000, 0)
    for count in (1, 3, 5):
        scores: dict[str, list[np.ndarray]] = {}
        for name in arguments.networks:
            for seed in range(arguments.seeds):
                drawn = digits.of_each_class(learnt, count, seed)
                model = train(
                    NETWORKS[name],
                    drawn,
                    seed,
                    epochs=60 * arguments.epochs // count,
                    batch_size=10 * count,
                    shift=2,
                )
                scores.setdefault(name, []).append(right(model, held))
            told = spread([float(s.mean()) for s in scores[name]])
            print(f"{count} of each class, {name}: {told}", flush=True)
        compare(scores)


WISHES = {
    "affine": affine,
    "picasso": picasso,
    "routing": routing,
    "shapes": shapes,
    "few": few,
}

if __name__ == "__main__":
    main()
