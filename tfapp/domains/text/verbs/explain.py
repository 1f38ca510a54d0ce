"""A page that shows to a person which words of a text decide its class."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tfapp.base.errors import DataError, UnknownNameError
from tfapp.base.files import write_json
from tfapp.base.reporter import Reporter
from tfapp.domains.text.reading.table import SUFFIXES
from tfapp.export.inputs import find_files, require_answers
from tfapp.machine.start import start_tensorflow
from tfapp.report.blocks import Fact, Passage, Report, Section
from tfapp.report.page import write_report
from tfapp.runs import Run

METHOD = "words"
PAGE, RECORD = "explanations.html", "explanations.json"
SHOWN = 5
"""Words of a text that the terminal shows."""
MOST_PASSAGES = 500
"""Texts on the page; all are in the JSON file."""


@dataclass(frozen=True)
class ExplainedText:
    """What the words of one text add to its class.

    Args:
        path: of the file, with "#2" and so on for further texts of it.
        label: the likeliest class.
        probability: of that class.
        words: with what each adds to the logit of the class that is explained.
        error: why there is none, "" if there is.
    """

    path: str
    label: str = ""
    probability: float = 0.0
    words: tuple[tuple[str, float], ...] = ()
    error: str = ""

    @property
    def strongest(self) -> str:
        """The words that add most, in a line."""
        ranked = sorted(self.words, key=lambda pair: -pair[1])[:SHOWN]
        return ", ".join(f"{word} {weight:+.2f}" for word, weight in ranked)


@dataclass(frozen=True)
class ExplainedTexts:
    """One row per text, in the order of the inputs.

    Args:
        run: folder of the run that was explained.
        folder: where page and JSON file lie.
        rows: one per text.
    """

    run: Path
    folder: Path
    rows: tuple[ExplainedText, ...]

    def table(self) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
        """Return headings, and a row of cells for each text."""
        return ("text", "label", "probability", "words"), [
            (row.path, row.label, f"{row.probability:.1%}", row.strongest)
            if not row.error
            else (row.path, "", "", row.error)
            for row in self.rows
        ]

    def to_json(self) -> dict[str, Any]:
        """Return JSON-ready facts on every text."""
        return {"run": str(self.run), "texts": [_described(row) for row in self.rows]}

    def require_good(self) -> None:
        """Refuse to pass over files that could not be read.

        Raises:
            DataError: with their number and the first of them.
        """
        require_answers(self.rows)

    def write(self, label: str) -> None:
        """Write the page and the JSON file.

        Args:
            label: class that was explained; "" for the likeliest of each text.
        """
        passages = tuple(
            Passage(f"{row.path}: {row.label}, {row.probability:.1%}", _scaled(row))
            for row in self.rows[:MOST_PASSAGES]
            if not row.error
        )
        what = f"for {label!r}" if label else "for the likeliest class"
        lead = f"Blue words speak {what}, orange ones against it."
        write_report(
            self.folder / PAGE,
            Report(
                "Words that decide",
                str(self.run),
                (Fact("Texts", f"{len(self.rows):,}"),),
                (Section("Texts", lead, passages),),
            ),
        )
        write_json(self.folder / RECORD, self.to_json())


def explain_texts(
    run: Run,
    inputs: Sequence[str],
    *,
    methods: Sequence[str],
    label: str,
    folder: Path,
    reporter: Reporter,
) -> ExplainedTexts:
    """Show which words of a text decide: explanations.html and explanations.json.

    Args:
        run: a complete one.
        inputs: .txt files, tables of texts, folders, or glob patterns.
        methods: () or ("words",), the only kind.
        label: class to explain; "" for the likeliest of each text.
        folder: of the page.
        reporter: receives the progress.

    Raises:
        TfappError: if there is no such model, class, kind or input.
    """
    card = run.card()
    names = list(card["class_names"])
    for name in methods:
        if name != METHOD:
            raise UnknownNameError("method", name, [METHOD])
    if label and label not in names:
        raise UnknownNameError("class", label, names)
    paths = find_files(inputs, (".txt", *SUFFIXES))
    start_tensorflow(reporter)
    with reporter.stage("explain", unit="files") as stage:
        rows: list[ExplainedText] = []
        for done, path in enumerate(paths, start=1):
            rows += _explained(path, run, card, label)
            stage(done, len(paths))
    result = ExplainedTexts(run.folder, folder, tuple(rows))
    result.write(label)
    return result


def _explained(
    path: Path, run: Run, card: Mapping[str, Any], label: str
) -> list[ExplainedText]:
    """Return a row for each text of a file, or one with the reason that it has none."""
    from tfapp.domains.text.classification.interface import read_texts
    from tfapp.domains.text.classification.weighing import weigher

    explain = weigher(run.model_file, json.dumps(card["preprocess"]))
    names = list(card["class_names"])
    try:
        texts = [row["text"] for row in read_texts(path, explain.preprocessor)]
    except (OSError, DataError) as error:
        return [ExplainedText(str(path), error=str(error))]
    temperature = card["calibration"].get("temperature", 1.0)
    wanted = names.index(label) if label else None
    return [
        ExplainedText(
            f"{path}#{number}" if number > 1 else str(path),
            names[int(shares.argmax())],
            float(shares.max()),
            words,
        )
        for number, (shares, words) in enumerate(
            explain(texts, temperature, wanted), start=1
        )
    ]


def _described(row: ExplainedText) -> dict[str, Any]:
    if row.error:
        return {"path": row.path, "error": row.error}
    return {
        "path": row.path,
        "label": row.label,
        "probability": row.probability,
        "words": [list(pair) for pair in row.words],
    }


def _scaled(row: ExplainedText) -> tuple[tuple[str, float], ...]:
    """Return words with weights from -1 to 1."""
    largest = max((abs(weight) for _, weight in row.words), default=0.0) or 1.0
    return tuple((word, weight / largest) for word, weight in row.words)
