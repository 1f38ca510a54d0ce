r"""What precision, folding, the allocator and XLA each do to the speed of a network.

    python benchmarks/options.py --networks mobilenet_v2 inception_v3 --work inference
    python benchmarks/options.py --work inference --cases folded folded,xla
    python benchmarks/options.py --networks vgg16 --work training \
        --cases bf16 bf16,tuned

A case names what is switched on: `bf16` (mixed_bfloat16 instead of float32), `folded`
(frozen batch normalisation inside the convolutions), `tuned` (glibc keeps freed memory)
and `xla`. `plain` is Keras by itself; it is always measured, and the ratios are against
it. Weights are random, images are in memory, batch normalisation is frozen; "training"
lets all other layers learn.

Every measurement is a process of its own and the cases take turns, `--rounds` times:
the machine may be shared, so minimum, median and maximum over the rounds are shown.
Page faults are pages of memory that the system had to clear, per batch.
"""

import argparse
import json
import statistics
import sys
from pathlib import Path

from training import HERE, run

WORK = ("inference", "training")
OPTIONS = ("bf16", "folded", "tuned", "xla")
PLAIN = "plain"
CASES = ["bf16", "folded", "bf16,folded", "tuned", "bf16,tuned"]
HEADER = (
    "| network | work | case | images/s: least | median | most | x plain "
    "| page faults a batch |\n" + "|---" * 8 + "|"
)


def main() -> None:
    """Measure every case of every network and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--networks", nargs="+", default=["mobilenet_v2"])
    parser.add_argument("--work", nargs="+", default=WORK, choices=WORK)
    parser.add_argument("--cases", nargs="+", type=case, default=CASES)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--size", type=int, default=224, help="side, in pixels")
    parser.add_argument("--batch", type=int, default=32, help="images")
    parser.add_argument("--seconds", type=float, default=5.0, help="of a measurement")
    parser.add_argument("--out", type=Path, help="JSON file of the figures")
    arguments = parser.parse_args()
    print(HEADER, flush=True)
    rows = []
    for network in arguments.networks:
        for work in arguments.work:
            rows += measure(network, work, arguments)
    if arguments.out:
        arguments.out.write_text(json.dumps(rows, indent=2) + "\n")


def case(text: str) -> str:
    """Return a case as it is written, if every part of it is known."""
    for option in text.split(","):
        if option not in (*OPTIONS, PLAIN) or (option == PLAIN and text != PLAIN):
            raise argparse.ArgumentTypeError(
                f"{text!r}: expected {PLAIN} or some of {', '.join(OPTIONS)}, joined "
                "by commas"
            )
    return text


def measure(network: str, work: str, arguments: argparse.Namespace) -> list[dict]:
    """Measure every case of one network in turns and print its rows."""
    cases = list(dict.fromkeys([PLAIN, *arguments.cases]))
    found: dict[str, list[dict]] = {name: [] for name in cases}
    for _ in range(arguments.rounds):
        for name in cases:
            command = [sys.executable, str(HERE / "ways" / "option_way.py")]
            sizes = (arguments.size, arguments.batch, arguments.seconds)
            found[name].append(run([*command, network, work, name, *map(str, sizes)]))
    plain = statistics.median(each["speed"] for each in found[PLAIN])
    rows = []
    for name in cases:
        speeds = [each["speed"] for each in found[name]]
        faults = statistics.median(each["faults"] for each in found[name])
        median = statistics.median(speeds)
        row = {"network": network, "work": work, "case": name, "speeds": speeds}
        rows.append(row | {"ratio": median / plain, "faults": faults})
        print(
            f"| {network} | {work} | {name} | {min(speeds):.1f} | {median:.1f} "
            f"| {max(speeds):.1f} | {median / plain:.2f} | {faults:,.0f} |",
            flush=True,
        )
    return rows


if __name__ == "__main__":
    main()
