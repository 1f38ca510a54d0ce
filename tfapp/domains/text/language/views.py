"""What is seen of a language model in training: what it writes."""

from collections.abc import Mapping
from typing import cast

from tfapp.domains.text.language.load import TextDataset
from tfapp.domains.text.language.stepping import stream
from tfapp.report.blocks import Details
from tfapp.tasks.watching import Glance, Item, View

TEMPERATURES = (0.5, 0.8)
LENGTH = 200
"""Characters of a sample."""
PROMPTED = 40


def sample_views(glance: Glance) -> tuple[View, ...]:
    """Return the view of samples behind the beginning of the validation part."""

    def draw() -> Mapping[str, Item]:
        text = cast(TextDataset, glance.dataset)
        names, start = text.preprocessor.names(), text.ends[0]
        prompt = "".join(names[i] for i in text.text[start : start + PROMPTED])
        return {
            f"samples/temperature {temperature:g}": Details(
                f"Behind the first {PROMPTED} characters of the validation part",
                prompt
                + "".join(
                    stream(
                        glance.model,
                        text.preprocessor,
                        prompt,
                        length=LENGTH,
                        temperature=temperature,
                    )
                ),
            )
            for temperature in TEMPERATURES
        }

    return (View("samples", draw),)
