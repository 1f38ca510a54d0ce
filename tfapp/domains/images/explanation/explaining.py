"""Explains pictures, some at a time, and draws their sheets."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from tfapp.base.files import replacing
from tfapp.data.reading_errors import reason
from tfapp.domains.images.explanation.explained import (
    FOLDER,
    SECOND,
    ClassShares,
    Explanation,
)
from tfapp.domains.images.explanation.sheet import Sheet
from tfapp.domains.images.explanation.spec import Explainer, Picture, Subject, Tick
from tfapp.domains.images.preprocessor import ImagePreprocessor, compiled_fit
from tfapp.domains.images.reading.conversion import ConversionError
from tfapp.report.style import to_png
from tfapp.training.inference import stream

BATCH_SIZE = 16
"""Pictures explained together."""


def reader(preprocess: Any) -> Callable[[Path], np.ndarray | str]:
    """Return a function that makes a file the network's input or reports why it cannot.

    Args:
        preprocess: description, as the model's card holds it.

    Returns:
        A function: file → uint8 array (height, width, channels), or the reason.
    """
    return readable(compiled_fit(ImagePreprocessor.from_description(preprocess)))


def readable(pixels: Callable[[bytes], Any]) -> Callable[[Path], np.ndarray | str]:
    """Return a function that decodes a file or reports why it cannot.

    Args:
        pixels: encoded image → uint8 array (height, width, channels), or an error of
            TensorFlow.
    """

    def read(path: Path) -> np.ndarray | str:
        try:
            return np.asarray(pixels(path.read_bytes()))
        except OSError as error:
            return f"cannot be read: {error.strerror}"
        except ConversionError as error:
            return str(error)
        except tf.errors.InvalidArgumentError as error:
            return f"not an image that can be decoded ({reason(error)})"

    return read


def work(
    subject: Subject, explainers: dict[str, Explainer], preprocess: Any, label: str
) -> "Work":
    """Return what explains pictures to a model that answers for whole images.

    Args:
        subject: the model.
        explainers: by name.
        preprocess: description, as the model's card holds it.
        label: as `explain` takes it.
    """
    return Work(subject, explainers, reader(preprocess), label)


@dataclass(frozen=True)
class Work:
    """Explains pictures, some at a time.

    Args:
        subject: the model.
        explainers: by name, in the order in which a sheet shows them.
        read: file → pixels, or why there are none.
        label: as `explain` takes it.
    """

    subject: Subject
    explainers: dict[str, Explainer]
    read: Callable[[Path], np.ndarray | str]
    label: str

    def explain(
        self, paths: Sequence[Path], sheets: Sequence[Path]
    ) -> tuple[Explanation, ...]:
        """Explain pictures and write a sheet for each."""
        rows: list[Explanation] = []
        passes = sum(explainer.passes for explainer in self.explainers.values())
        with self.subject.reporter.stage("explain", unit="network passes") as stage:
            done = 0

            def tick(count: int) -> None:
                nonlocal done
                done += count
                stage(done, passes * len(paths))

            for start in range(0, len(paths), BATCH_SIZE):
                part = slice(start, start + BATCH_SIZE)
                rows += self._batch(paths[part], sheets[part], tick)
            stage.detail = f"{len(paths)} pictures"
        return tuple(rows)

    def _batch(
        self, paths: Sequence[Path], sheets: Sequence[Path], tick: Tick
    ) -> list[Explanation]:
        read = [self.read(path) for path in paths]
        good = [i for i, pixels in enumerate(read) if not isinstance(pixels, str)]
        rows = [
            Explanation(ClassShares(str(path), {}, str(error)))
            for path, error in zip(paths, read, strict=True)
        ]
        if not good:
            return rows
        pictures = self._pictures([paths[i] for i in good], [read[i] for i in good])
        findings = {n: e(pictures, tick) for n, e in self.explainers.items()}
        for number, (i, picture) in enumerate(zip(good, pictures, strict=True)):
            of_picture = {name: of_kind[number] for name, of_kind in findings.items()}
            rows[i] = self._row(paths[i], sheets[i], picture, of_picture)
        return rows

    def _pictures(self, paths: Sequence[Path], pixels: list[Any]) -> list[Picture]:
        images = np.stack(pixels).astype("float32")
        all_logits = np.concatenate([*stream(self.subject.model, [(images, None)])])
        return [
            Picture(image, logits, self._classes(path, logits))
            for path, image, logits in zip(paths, pixels, all_logits, strict=True)
        ]

    def _classes(self, path: Path, logits: np.ndarray) -> tuple[int, ...]:
        """Return the predicted class, or tags, and the requested one, if another."""
        names, answered = self.subject.class_names, self.subject.answered(logits)
        order = [int(i) for i in np.argsort(-logits, kind="stable")]
        other = answered[0]
        if self.label in names:
            other = names.index(self.label)
        elif self.label == SECOND:
            other = order[1]
        elif self.label == FOLDER:
            other = names.index(path.absolute().parent.name)
        return tuple(dict.fromkeys([*answered, other]))

    def _row(
        self, path: Path, target: Path, picture: Picture, findings: dict[str, Any]
    ) -> Explanation:
        names = self.subject.class_names
        (shares,) = self.subject.shares(picture.logits[np.newaxis])
        sheet = Sheet(path.name, picture, shares, names, list(findings.values()))
        with replacing(target) as temporary:
            temporary.write_bytes(to_png(sheet.draw()))
        row = ClassShares(str(path), dict(zip(names, map(float, shares), strict=True)))
        # Photos are on the sheet and in the data: kept too, a folder would fill memory.
        plain_findings = {
            name: replace(finding, photos=()) for name, finding in findings.items()
        }
        return Explanation(row, target, plain_findings)
