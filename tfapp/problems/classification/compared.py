"""How runs that choose one class per example are compared."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any, NamedTuple

from tfapp.comparison.compared_task import MANY, ComparedTask, Quantity
from tfapp.domains.images.thumbnails import file_tile
from tfapp.report.blocks import Gallery, Section, Table, Tile
from tfapp.report.wording import count, shorten

MOST_MISSED = 24
LONGEST_CAPTION = 24
TITLE = "Wrong in every run"
HOW = (
    (
        "Interval of an accuracy:",
        "Wilson's for the test examples; with several runs, joined with Student's t of "
        "their mean, so that it covers other test examples and other seeds.",
    ),
    (
        "Interval of a difference:",
        "20,000 resampled test sets, on each of which both systems are judged, joined "
        "with Welch's t for the seeds.",
    ),
    (
        "Real:",
        "if the two were equal, chance would give a difference as large in under 5 % "
        "of cases. The p-value swaps the systems at random, example by example "
        "(McNemar's test for single runs).",
    ),
    MANY,
)


@dataclass(frozen=True)
class ClassAnswer:
    """What a run said about one test example.

    Args:
        path: of the example, as the run named it.
        label: its class.
        predicted: class that the run chose.
        correct: whether that is the label.
        loss: -log of the label's probability, in nats.
    """

    path: str
    label: str
    predicted: str
    correct: bool
    loss: float

    @property
    def score(self) -> float:
        """1 for a right answer, 0 for a wrong one."""
        return float(self.correct)


class WrongInAll(NamedTuple):
    """A test example that every run got wrong.

    Args:
        path: as the first run named it.
        label: its class.
        predicted: the class that most runs chose.
        loss: mean over the runs, in nats.
    """

    path: str
    label: str
    predicted: str
    loss: float


def wrong_in_all(answers: Sequence[Sequence[ClassAnswer]]) -> tuple[WrongInAll, ...]:
    """Return the examples that all runs got wrong, the largest loss first.

    Args:
        answers: what each run said, example by example.
    """
    found = []
    for of_runs in answers:
        if not any(answer.correct for answer in of_runs):
            predicted = Counter(answer.predicted for answer in of_runs)
            loss = fmean(answer.loss for answer in of_runs)
            first = of_runs[0]
            chosen = predicted.most_common(1)[0][0]
            found.append(WrongInAll(first.path, first.label, chosen, loss))
    return tuple(sorted(found, key=lambda row: -row.loss))


def wrong_section(wrong: Sequence[WrongInAll], common: int) -> Section:
    """Show examples that every run got wrong: pictures where they are files here.

    Args:
        wrong: at least one, as `wrong_in_all` returns.
        common: number of examples that every run was tested on.
    """
    shown = wrong[:MOST_MISSED]
    tiles = [tile for row in shown if (tile := _tile(row)) is not None]
    lead = (
        f"{count(len(wrong), 'examples')} of {common:,} that every run "
        "got wrong, the surest mistakes first. Look for wrong labels here."
    )
    if tiles:
        return Section(TITLE, lead, (Gallery("", tuple(tiles)),))
    rows = tuple((row.path, row.label, row.predicted) for row in shown)
    table = Table(("Example", "Label", "Predicted"), rows, TITLE, 3)
    return Section(TITLE, lead, (table,))


def _tile(row: WrongInAll) -> Tile | None:
    label, predicted = (shorten(n, LONGEST_CAPTION) for n in (row.label, row.predicted))
    return file_tile(Path(row.path), f"{label} → {predicted}")


def _read_answer(row: Mapping[str, str]) -> ClassAnswer:
    return ClassAnswer(
        path=row["path"],
        label=row["label"],
        predicted=row["predicted"],
        correct=row["correct"] == "true",
        loss=float(row["loss"]),
    )


def _is_of(answer: ClassAnswer, example: Mapping[str, Any]) -> bool:
    return answer.label == str(example["target"])


CLASSIFICATION = ComparedTask(
    score=Quantity("accuracy", "Accuracy", "accuracy"),
    others=(
        Quantity("macro_f1", "Macro F1", "macro F1"),
        Quantity("log_loss", "Log loss (nats)", "log loss (nats)", percent=False),
        Quantity("expected_calibration_error", "Calibration error", "calibration"),
    ),
    higher_is_better=True,
    graded=False,
    examples="examples",
    per_class=True,
    how=HOW,
    missed_title=TITLE,
    classes_file="split.json",
    class_names=lambda split: [str(name) for name in split["labels"]],
    recorded_score=lambda metrics: float(metrics["accuracy"]),
    read_answer=_read_answer,
    is_of=_is_of,
    missed=wrong_in_all,
    missed_section=wrong_section,
)
