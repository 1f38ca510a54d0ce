r"""What is wished of capsules, tried: capsules against CNNs, seed by seed.

    python benchmarks/wishlist.py few --seeds 5
    python benchmarks/wishlist.py affine picasso routing shapes --examples 6000

Wishes: `affine` (learn digits anywhere on 40×40; recognise turned, sheared and scaled
ones at equal accuracy and at the end; read the pose back linearly), `picasso` (tell
faces from faces with their parts in wrong places, having learnt them beside what has
other parts, or too few, but none of those), `routing` (entropy round by round; one
round against three; two digits over each other, recognised and drawn apart), `shapes`
(does each number of a capsule change one thing), `few` (1, 3 and 5 digits of each
class).
Networks: Efficient-CapsNet, a narrow CapsNet, a CNN of as many weights as the first and
one that computes as much per picture; where `--networks` names them, the narrow CapsNet
with one round, and small matrix capsules with EM routing, which take many times as
long. All are trained in mixed_bfloat16 (`--precision`), whose routing is
float32 all the same. Intervals are paired bootstraps over seeds and test pictures, both
drawn anew; ± is the deviation over seeds. What is found lies below `--folder`, and what
is there is not trained again. Needs TFAPP_DATA.
"""

import argparse
import time
from functools import partial
from itertools import product
from pathlib import Path

import keras
import numpy as np
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score
from wishes import digits, drawings, faces
from wishes.affine import EQUAL, LAST, MEASURED, Course
from wishes.book import Book, Found
from wishes.training import (
    NAMED_ONLY,
    NETWORKS,
    Network,
    difference,
    logits,
    right,
    spread,
    train,
)

from tfapp.base.reporter import Reporter
from tfapp.machine.start import start_tensorflow

USUAL = [name for name in NETWORKS if name not in NAMED_ONLY]
MOVED = partial(digits.shifted, most=2)
ROUNDS = {1: NETWORKS["capsnet_one_round"], 3: NETWORKS["capsnet"]}
THEIRS = ("cnn_parameters", "cnn_compute")


def main() -> None:
    """Print the figures of each wish."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("wishes", nargs="+", choices=list(WISHES))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--examples", type=int, default=6000, help="to learn from")
    parser.add_argument("--tests", type=int, default=2000, help="0 = all 10,000")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--equal-at", type=float, default=0.96, help="of `affine`")
    parser.add_argument("--precision", default="mixed_bfloat16")
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=USUAL)
    parser.add_argument("--folder", type=Path, default=Path("runs/wishlist"))
    arguments = parser.parse_args()
    check(arguments, parser)
    start_tensorflow(Reporter(quiet=True))
    keras.config.set_dtype_policy(arguments.precision)
    settings = f"{arguments.examples}-{arguments.tests}-{arguments.epochs}"
    settings += f"-{arguments.precision}"
    book = Book(arguments.folder, settings)
    for name in arguments.wishes:
        began = time.monotonic()
        print(f"\n## {name}", flush=True)
        WISHES[name](arguments, book)
        print(f"({time.monotonic() - began:.0f} s)", flush=True)


def check(arguments: argparse.Namespace, parser: argparse.ArgumentParser) -> None:
    """Refuse what cannot be tried, before anything is trained."""
    for name, least, most in (
        ("seeds", 1, 1000),
        ("examples", 10, 59_000),
        ("tests", 0, 10_000),
        ("epochs", 1, 10_000),
    ):
        value = getattr(arguments, name)
        if not least <= value <= most:
            parser.error(f"--{name} {value}: expected {least} to {most}")
    if not digits.place().is_file():
        parser.error(
            f"no digits at {digits.place()}: set TFAPP_DATA to a folder that holds "
            "mnist/mnist.npz"
        )


def compare(scores: dict[str, list[np.ndarray]]) -> None:
    """Print how far each capsule network lies above each CNN."""
    for ours, theirs in product(scores, THEIRS):
        if ours not in THEIRS and theirs in scores:
            told = difference(scores[ours], scores[theirs])
            print(f"{ours} - {theirs}: {told}", flush=True)


def affine(arguments: argparse.Namespace, book: Book) -> None:
    """Learn placed digits, and recognise bent ones at equal accuracy and at the end."""
    course = Course(arguments.examples, arguments.tests or 10_000, arguments.epochs)
    everything = {
        name: book.look_up(
            f"affine{arguments.equal_at}",
            name,
            arguments.seeds,
            partial(course.run, name, arguments.equal_at),
        )
        for name in arguments.networks
    }
    for when in (EQUAL, LAST):
        for name, runs in everything.items():
            plain, moved = (
                spread([float(run[f"{what} {when}"].mean()) for run in runs])
                for what in MEASURED
            )
            print(f"{when}, {name}: placed {plain}, bent {moved}", flush=True)
        scores = {
            n: [r[f"bent {when}"] for r in runs] for n, runs in everything.items()
        }
        compare(scores)
    for name in (n for n in everything if n in drawings.DRAWING):
        values = np.mean([run["read"] for run in everything[name]], axis=0)
        told = zip(("right", "down", "turn"), values, strict=True)
        print(f"{name}, R² of the pose:", ", ".join(f"{w} {r:.2f}" for w, r in told))


def picasso(arguments: argparse.Namespace, book: Book) -> None:
    """Tell faces from scrambled ones that no training picture was like."""
    count = arguments.tests or 2000
    shown = np.concatenate([faces.faces(count, 90), faces.scrambled(count, 91)])
    truth = np.repeat([1, 0], count)
    other = {kind: faces.training_set(kind, count, 92) for kind in faces.OTHERS}

    def find(kind: str, name: str, seed: int) -> Found:
        learnt = faces.training_set(kind, arguments.examples // 2, 2 * seed + 1000)
        model = train(NETWORKS[name], learnt, seed, epochs=arguments.epochs)
        odds = logits(model, shown)
        area = roc_auc_score(truth, odds[:, 1] - odds[:, 0])
        return {"area": np.array(area), "plain": right(model, other[kind])}

    for kind, name in product(faces.OTHERS, arguments.networks):
        found = partial(find, kind, name)
        runs = book.look_up(f"picasso-{kind}", name, arguments.seeds, found)
        areas = [float(run["area"]) for run in runs]
        told = f"{np.mean(areas):.3f} ± {np.std(areas, ddof=len(areas) > 1):.3f}"
        plain = spread([float(run["plain"].mean()) for run in runs])
        print(f"{name}: AUC {told}; faces or parts {kind} {plain}", flush=True)


def routing(arguments: argparse.Namespace, book: Book) -> None:
    """Entropy of the coefficients; one round against three; overlaid digits."""
    learnt, tested = digits.mnist()
    held = digits.some(tested, arguments.tests or 10_000, 0)
    over = digits.overlaid(tested, arguments.tests or 10_000, 99)

    def find(network: Network, seed: int) -> Found:
        drawn = digits.some(learnt, arguments.examples, seed)
        model = train(network, drawn, seed, epochs=arguments.epochs, change=MOVED)
        nats = drawings.entropy(model, held.images[:500])
        pairs = drawings.train_on_pairs(network, drawn, seed, arguments.epochs)
        apart = drawings.drawn_alone(pairs, over)
        first = tuple(part[:10] for part in over)
        return {
            "one digit": right(model, held),
            "two digits": drawings.both_right(pairs, over),
            "drawn apart": drawings.told_apart(apart, over),
            "entropy": np.array(nats),
            "sheet": drawings.pairs_sheet(apart[:10], first),
        }

    runs = {
        rounds: book.look_up(
            "routing", f"r{rounds}", arguments.seeds, partial(find, network)
        )
        for rounds, network in ROUNDS.items()
    }
    nats = np.mean([run["entropy"] for run in runs[3]], axis=0)
    print("entropy by round:", ", ".join(f"{n:.3f}" for n in nats))
    sheet = arguments.folder / "pairs.png"
    keras.utils.save_img(sheet, runs[3][0]["sheet"], scale=False)
    print(f"pairs, and what one capsule draws of them: {sheet}")
    for what in ("one digit", "two digits", "drawn apart"):
        found = {rounds: [run[what] for run in runs[rounds]] for rounds in runs}
        for rounds, scores in found.items():
            told = spread([float(s.mean()) for s in scores])
            print(f"{what}, r = {rounds}: {told}")
        print(f"{what}, r = 3 - r = 1: {difference(found[3], found[1])}", flush=True)


def shapes(arguments: argparse.Namespace, book: Book) -> None:
    """Whether width, slant or thickness changes steadily with one number."""
    learnt, tested = digits.mnist()
    held = digits.some(tested, 100, 0)

    def find(name: str, seed: int) -> Found:
        drawn = digits.some(learnt, arguments.examples, seed)
        model = train(
            NETWORKS[name], drawn, seed, epochs=arguments.epochs, change=MOVED
        )
        return {"best": drawings.steadiness(model, held, spearmanr)}

    for name in (n for n in arguments.networks if n in drawings.DRAWING):
        runs = book.look_up("shapes", name, arguments.seeds, partial(find, name))
        told = ", ".join(str(int((run["best"] >= 0.8).sum())) for run in runs)
        print(f"{name}: numbers that change one thing steadily, of 16: {told}")


def few(arguments: argparse.Namespace, book: Book) -> None:
    """1, 3 and 5 digits of each class, drawn anew for each seed.

    Each epoch shows 640 pictures, however many digits they are of: all counts get
    as many steps, which learning needs more than it needs other digits.
    """
    learnt, tested = digits.mnist()
    held = digits.some(tested, arguments.tests or 10_000, 0)

    def find(name: str, count: int, seed: int) -> Found:
        drawn = digits.of_each_class(learnt, count, seed)
        again = digits.repeated(drawn, 640 // len(drawn.labels))
        epochs = 3 * arguments.epochs
        model = train(
            NETWORKS[name], again, seed, epochs=epochs, batch_size=32, change=MOVED
        )
        return {"right": right(model, held)}

    for count in (1, 3, 5):
        scores: dict[str, list[np.ndarray]] = {}
        for name in arguments.networks:
            found = partial(find, name, count)
            runs = book.look_up(f"few{count}", name, arguments.seeds, found)
            scores[name] = [run["right"] for run in runs]
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
