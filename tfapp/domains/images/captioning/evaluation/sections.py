"""What the report shows of a captioner."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
import tensorflow as tf

from tfapp.data.spec import Example, Pass
from tfapp.domains.images.captioning.dataset import CaptionDataset
from tfapp.domains.images.captioning.evaluation.pictures import looking
from tfapp.domains.images.captioning.evaluation.results import (
    BLEU,
    EXACT,
    METRIC,
    Caption,
    caption_figures,
    captions_of,
)
from tfapp.domains.images.captioning.models.parts import decoder_of, reader_of
from tfapp.domains.images.captioning.preprocessor import text_of
from tfapp.domains.images.vectors.galleries import spread_section, worst_section
from tfapp.report.blocks import Section, Table
from tfapp.report.wording import count, percent, percent_interval
from tfapp.tasks.results import Results

DRAWN = 6
"""Photos of which every word is shown."""
COMPARED = 500
"""Test photos that the two ways to search are compared on."""


def caption_sections(
    results: Results, dataset: CaptionDataset, model: Any
) -> list[Section]:
    """Return the sections on mistakes, length, search, attention and the data."""
    answers = cast(list[Caption], results.evidence)

    def caption(place: int) -> str:
        right = text_of(answers[place].references[0])
        return f"{right} → {text_of(answers[place].words) or 'nothing'}"

    train = dataset.examples["train"]
    sections = (
        worst_section(
            dataset,
            np.array([1 - a.accuracy for a in answers]),
            caption,
            "The captions least like a given one come first: given → answer.",
            wrong=np.array([not a.is_exact for a in answers]),
        ),
        _attention(dataset, answers, model),
        _lengths(answers),
        _searches(dataset, answers, model),
        spread_section(
            dataset,
            range(len(train)),
            lambda e: text_of(dataset.captions[e.name][0]),
            "Training photos with their first captions.",
        ),
    )
    return [section for section in sections if section is not None]


def _attention(
    dataset: CaptionDataset, answers: Sequence[Caption], model: Any
) -> Section | None:
    """Show where the network looked for each word, in wrong captions first."""
    written = [i for i, a in enumerate(answers) if a.words]
    chosen = sorted(
        written, key=lambda i: (answers[i].accuracy, -len(answers[i].words))
    )
    chosen = [*chosen[: DRAWN // 2], *chosen[::-1][: DRAWN - DRAWN // 2]]
    chosen = list(dict.fromkeys(chosen))
    if not chosen:
        return None
    look = looking(model, dataset.preprocessor.names)
    examples = [dataset.examples["test"][i] for i in chosen]
    galleries = tuple(
        one.gallery(_title(answers[place]))
        for one, place in zip(look(_images(dataset, examples)), chosen, strict=True)
    )
    lead = (
        "A picture for each word of the answer: where the network looked when it wrote "
        "it, weak in purple, strong in yellow. Bad captions come first, then good ones."
    )
    return Section("Where it looked", lead, galleries)


def _title(answer: Caption) -> str:
    written = f"{text_of(answer.words)} ({percent(answer.probability)} sure)"
    if answer.is_exact:
        return f"{written}: right"
    return f"{written}; given: {text_of(answer.references[0])}"


def _images(dataset: CaptionDataset, examples: Sequence[Example]) -> Any:
    """Return the images of examples as the network takes them."""
    batches = dataset.batches(examples, Pass()).as_numpy_iterator()
    return np.concatenate([images for images, *_ in batches])


def _lengths(answers: Sequence[Caption]) -> Section | None:
    """Show the figures by the words of the first caption that was given."""
    lengths = np.array([len(a.references[0]) for a in answers])
    middle = int(np.median(lengths))
    groups = {
        f"up to {middle} words": _of(answers, lengths <= middle),
        "longer": _of(answers, lengths > middle),
    }
    if not all(groups.values()):
        return None
    table = _figure_table(groups, "Figures by the length of the given caption")
    lead = f"Given captions have {lengths.min()} to {lengths.max()} words."
    return Section("Short and long captions", lead, (table,))


def _of(answers: Sequence[Caption], chosen: np.ndarray) -> list[Caption]:
    return [a for a, own in zip(answers, chosen.tolist(), strict=True) if own]


def _searches(
    dataset: CaptionDataset, answers: Sequence[Caption], model: Any
) -> Section:
    """Compare the search with taking the likeliest word each time."""
    own = answers[:COMPARED]
    greedy = _greedy(dataset, own, model)
    groups = {"the likeliest word each time": greedy, "beam search": own}
    differ = sum(a.words != b.words for a, b in zip(greedy, own, strict=True))
    table = _figure_table(groups, "Two ways to write a caption")
    lead = (
        f"Of {count(len(own), 'captions')} the beam search changes {differ:,} against "
        "taking the likeliest word each time."
    )
    return Section("Greedy and beam search", lead, (table,))


def _greedy(
    dataset: CaptionDataset, answers: Sequence[Caption], model: Any
) -> list[Caption]:
    """Return captions of the likeliest word each time, for the first test photos."""
    reader, decoder = reader_of(model), decoder_of(model)

    @tf.function(reduce_retracing=True)
    def written(images: Any) -> Any:
        places, memory, ending = reader(images, training=False)
        ids, _ = decoder.search(places, memory, ending, 1)
        return decoder.along(places, memory, ending, ids[:, 0])[0]

    examples = dataset.examples["test"][: len(answers)]
    batches = dataset.batches(examples, Pass())
    rows = [row for images, *_ in batches for row in written(images).numpy()]
    references = [a.references for a in answers]
    return captions_of(rows, references, dataset.preprocessor.names)


def _figure_table(groups: Mapping[str, Sequence[Caption]], caption: str) -> Table:
    rows = []
    for title, answers in groups.items():
        figures = caption_figures(answers)
        shares = [percent(figures[key]) for key in (METRIC.key, EXACT)]
        between = percent_interval(*figures[f"{EXACT}_interval"])
        bleu = f"{100 * figures[BLEU]:.1f}"
        rows.append((title, *shares, between, bleu, f"{len(answers):,}"))
    header = ("Captions", "Words", "Exact", "95 % interval", "BLEU-4", "Number")
    return Table(header, tuple(rows), caption)
