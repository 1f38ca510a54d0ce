"""What a comparison of runs has to know of their task.

Reading runs, grouping them, statistics, tables, pictures and the page are the same for
every task; a `ComparedTask` holds what is not: which figures there are, which of them
is the mean of what the examples scored, whether more of it is better, and the words.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from tfapp.report.blocks import Section

MANY = (
    "Many groups:",
    "the more comparisons, the likelier one of them looks real by chance, so p-values "
    "are raised for their number. Beside the figures each group is compared with the "
    "best alone; where every two are compared, there are more of them, Holm's rule "
    "raises the p-values for all, and fewer are real.",
)
"""How to read the p-values of more than two groups, whatever is compared."""


class Answer(Protocol):
    """What a run said about one test example."""

    @property
    def path(self) -> str:
        """Of the example, as the run named it."""

    @property
    def score(self) -> float:
        """What the example counts in the main figure, in [0, 1]."""


class Missed(Protocol):
    """A test example that every run had trouble with."""

    @property
    def path(self) -> str:
        """Of the example, as the first run named it."""

    def _asdict(self) -> dict[str, Any]: ...


class Quantity(NamedTuple):
    """A figure of metrics.json.

    Args:
        key: in metrics.json.
        title: above a column, with its unit if it has one.
        short: in a sentence, and above the narrow columns of a terminal.
        percent: whether it is a share, to be written in percent.
        interval: whether `KEY_interval` beside it is a bootstrap over the examples.
        optional: whether it may be unknown, None in metrics.json.
    """

    key: str
    title: str
    short: str
    percent: bool = True
    interval: bool = False
    optional: bool = False


@dataclass(frozen=True)
class ComparedTask:
    """How runs of one kind of task are compared. Equal ones can be compared.

    Args:
        score: the main figure, the mean of the scores of the test examples.
        others: what is shown beside it.
        higher_is_better: whether the better run has the larger main figure.
        graded: whether an example of one run may score anything in [0, 1], not 0 or 1
            alone: its mean is then no share of successes.
        examples: what the examples are called, in the plural.
        per_class: whether sizes of training sets are limited and told per class.
        how: how to read the figures, pairs of what and the explanation.
        missed_title: of the section of what every run had trouble with, in the form
            "Wrong in every run".
        classes_file: the file of a run that names its classes.
        class_names: content of that file → classes in the order of the outputs.
        recorded_score: content of metrics.json → main figure.
        read_answer: line of predictions.csv by column → answer. All three raise
            LookupError, TypeError, ValueError or AttributeError for what is damaged.
        is_of: whether an answer is that of an example of split.json.
        missed: what each run said about each common example, in the order of the
            runs → those that all had trouble with, the worst first.
        missed_section: (what `missed` returned, number of common examples) → section.
    """

    score: Quantity
    others: tuple[Quantity, ...]
    higher_is_better: bool
    graded: bool
    examples: str
    per_class: bool
    how: tuple[tuple[str, str], ...]
    missed_title: str
    classes_file: str
    class_names: Callable[[Mapping[str, Any]], Sequence[str]]
    recorded_score: Callable[[Mapping[str, Any]], float]
    read_answer: Callable[[Mapping[str, str]], Answer]
    is_of: Callable[[Any, Mapping[str, Any]], bool]
    missed: Callable[[Sequence[Sequence[Any]]], Sequence[Missed]]
    missed_section: Callable[[Sequence[Any], int], Section]

    @property
    def sign(self) -> int:
        """1 if a larger main figure is better, else -1."""
        return 1 if self.higher_is_better else -1

    @property
    def superlative(self) -> str:
        """What the best main figure is."""
        return "highest" if self.higher_is_better else "lowest"
