"""What the report shows of a language model."""

from collections.abc import Sequence
from typing import Any, cast

import keras
import numpy as np

from tfapp.data.spec import Dataset
from tfapp.domains.text.language.load import TextDataset
from tfapp.domains.text.language.results import Evidence, losses_of
from tfapp.domains.text.language.stepping import PROMPTED, continuations
from tfapp.layers.outputs import NETWORK
from tfapp.report.blocks import Details, Section, Table
from tfapp.tasks.results import Results
from tfapp.training.inference import answers

TEMPERATURES = (0.5, 0.8, 1.0)
SAMPLED = 400
"""Characters of each sample."""


def language_sections(
    results: Results, dataset: Dataset, model: Any
) -> Sequence[Section]:
    """Return what each part of a mixture predicts by itself, and samples."""
    text, evidence = cast(TextDataset, dataset), cast(Evidence, results.evidence)
    parts = _parts(evidence, text, model)
    return [*([parts] if parts else []), _samples(text, model)]


def _parts(evidence: Evidence, text: TextDataset, model: Any) -> Section | None:
    """Compare network and n-grams with what they are together; None if not mixed."""
    if NETWORK not in [layer.name for layer in model.layers]:
        return None
    network = keras.Model(model.input, model.get_layer(NETWORK).output)
    alone = np.concatenate(losses_of(answers(network, text, "test"), text, "test"))
    rows = [("Network alone", f"{alone.mean():.3f}")]
    if evidence.grams is not None:
        rows.append(("N-grams alone", f"{evidence.grams.mean():.3f}"))
    rows.append(("Mixed, as the model answers", f"{evidence.losses.mean():.3f}"))
    lead = (
        "The model mixes a network with n-grams of the training text; whichever has "
        "predicted the last fifty characters better counts more. The curve of training "
        "is that of the network alone."
    )
    header = ("What predicts", "Nats a character")
    table = Table(header, tuple(rows), "Loss on the test part")
    return Section("Network and n-grams", lead, (table,))


def _samples(text: TextDataset, model: Any) -> Section:
    """Return samples at three temperatures, behind the beginning of the test part."""
    written = continuations(model, text, text.ends[1], SAMPLED, TEMPERATURES)
    blocks = [Details(f"Temperature {t:g}", passage) for t, passage in written]
    lead = (
        f"What it writes behind the first {PROMPTED} characters of the test part; a "
        "lower temperature is more careful."
    )
    return Section("Samples", lead, tuple(blocks))
