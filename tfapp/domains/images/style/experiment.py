"""Neural style as an experiment: its variable is a picture, its result a PNG file."""

import math
from collections.abc import Mapping
from pathlib import Path
from shlex import join
from typing import Any

import numpy as np

from tfapp import recipes
from tfapp.base.errors import ConfigError
from tfapp.base.files import require_writable_file
from tfapp.domains.images.style import pictures
from tfapp.domains.images.style.features.boxes import MARGIN, part_side
from tfapp.domains.images.style.features.extraction import (
    Extraction,
    Layers,
    default_layers,
)
from tfapp.domains.images.style.features.objective import Objective, Weights
from tfapp.domains.images.style.inputs import read_inputs, refuse_same
from tfapp.domains.images.style.page import style_report
from tfapp.domains.images.style.results import Drawn, losses_of, style_results
from tfapp.domains.images.style.settings import StyleSettings
from tfapp.domains.images.style.sheet import Sheet
from tfapp.domains.images.style.steppers import LBFGS, Adam
from tfapp.domains.images.style.workload import Drawing
from tfapp.report.run_sections import RunFacts
from tfapp.tasks.outcome import Outcome

GIGABYTE = 1e9


class NeuralStyle:
    """Draws pictures, each from coarse to fine.

    Args:
        settings: what is drawn.
    """

    def __init__(self, settings: StyleSettings) -> None:
        self.settings = settings

    def prepare(self, context: Any) -> None:
        """Read every picture and the network; refuse what cannot be drawn.

        Args:
            context: a `RunContext`.
        """
        settings, recipe = self.settings, context.recipe
        self.files = pictures.pictures_at(recipe.data.path)
        if settings.out and len(self.files) > 1:
            raise ConfigError(
                f"`task_options.out` = {settings.out!r} is one file, and "
                f"{recipe.data.path!r} holds {len(self.files)} pictures. Leave it out: "
                "they go to the run's folder."
            )
        if settings.out:
            require_writable_file(Path(settings.out))
        self.inputs = read_inputs(settings)
        self.contents = [pictures.read_picture(p, "content") for p in self.files]
        for path, content in zip(self.files, self.contents, strict=True):
            refuse_same(path, content, self.inputs)
            self.inputs.content_at(content, settings.size)
        options = recipe.model.options
        self.layers = self._layers(options.get("extractor", "mobilenet_v2"))
        with context.reporter.stage("load network"):
            self.extraction = Extraction(
                options.get("extractor", "mobilenet_v2"),
                options.get("weights", "imagenet"),
                [*self.layers.style, *self.layers.content],
            )
        self.sheet = Sheet(context.folder.folder)
        self._announce(context)

    def train(self, context: Any) -> None:
        """Draw every picture; killed anywhere, it goes on from its last state."""
        self.drawn: list[Drawn] = []
        last = None
        for number, path in enumerate(self.files):
            drawn, last = self._draw(context, number, path, last)
            self.drawn.append(drawn)

    def finish(self, context: Any) -> Outcome:
        """Return figures and page; the pictures are written already."""
        results = style_results(self.drawn)
        return Outcome(
            results,
            lambda facts: style_report(
                self._facts(context, facts),
                results,
                self.drawn,
                self.contents,
                self.inputs,
                self.sheet,
            ),
        )

    def _layers(self, extractor: str) -> Layers:
        style = tuple(self.settings.style_layers)
        content = tuple(self.settings.content_layers)
        if style and content:
            return Layers(style, content)
        chosen = default_layers(extractor)
        return Layers(style or chosen.style, content or chosen.content)

    def _announce(self, context: Any) -> None:
        """Say where the run is and what it takes before it begins."""
        height, width = pictures.sides(self.contents[0].shape, self.settings.size)
        area = (height + 2 * MARGIN) * (width + 2 * MARGIN)
        needed = area * self.extraction.bytes_per_pixel / GIGABYTE
        side = self._part_side(height, width)
        count = math.ceil(height / side) * math.ceil(width / side) if side else 1
        vectors = 3 * height * width * (8 * self.settings.history + 64) / GIGABYTE
        parts = f"in {count} parts, as {self.settings.memory:g} GB are allowed"
        context.reporter.say(
            f"run {context.folder.folder}: {width}x{height} pixels, features of "
            f"{needed:.1f} GB {parts if count > 1 else 'at once'}, "
            f"vectors of {vectors:.2f} GB"
        )

    def _part_side(self, height: int, width: int) -> int:
        memory = self.settings.memory * GIGABYTE
        return part_side(height, width, self.extraction.bytes_per_pixel, memory)

    def _draw(
        self, context: Any, number: int, path: Path, last: np.ndarray | None
    ) -> tuple[Drawn, np.ndarray]:
        """Draw one picture at every size in turn, and write it."""
        pixels = self.contents[number]
        scales = self.settings.scales(*pixels.shape[:2])
        for level, (size, steps) in enumerate(scales):
            content = self.inputs.content_at(pixels, size)
            start = self.inputs.start_at(content, last, context.recipe.seed)
            objective = self._objective(content, size)
            name = f"{level + 1}_{content.shape[1]}x{content.shape[0]}"
            if len(self.files) > 1:
                name = f"{number + 1:04d}_{name}"
            drawing = self._drawing(objective, start, steps, name)
            context.loop.run(drawing, name)
            last = picture = np.asarray(drawing.picture.numpy())
        before, after = losses_of(objective, content), losses_of(objective, picture)
        final = self._finished(picture, pixels)
        target = self._write(context, path, final)
        return Drawn(path, target, final, before, after), picture

    def _objective(self, content: np.ndarray, size: int) -> Objective:
        settings = self.settings
        return Objective(
            self.extraction,
            self.layers,
            content,
            self.inputs.styles_at(content, size),
            Weights(
                settings.content_weight,
                settings.style_weight,
                settings.variation_weight,
            ),
            self._part_side(*content.shape[:2]),
        )

    def _drawing(
        self, objective: Objective, start: np.ndarray, steps: int, name: str
    ) -> Drawing:
        settings = self.settings
        stepper = (
            LBFGS(start.ravel(), settings.history)
            if settings.optimizer == "lbfgs"
            else Adam(start.ravel(), settings.learning_rate)
        )

        def show(picture: np.ndarray, done: int) -> None:
            self.sheet.add(picture, name, done)

        return Drawing(objective, stepper, steps, min(settings.look, steps), show)

    def _finished(self, picture: np.ndarray, pixels: np.ndarray) -> np.ndarray:
        """Return uint8 pixels, with the content's colours and where no mask reaches."""
        original = pictures.resized(pixels, picture.shape[:2])
        if self.settings.keep_color:
            picture = pictures.with_colors_of(picture, original)
        covered = self.inputs.covered(picture)
        if covered is not None:
            picture = covered * picture + (1.0 - covered) * original
        return pictures.to_pixels(picture)

    def _write(self, context: Any, path: Path, final: np.ndarray) -> Path:
        """Write a picture into the run's folder, and where the user wants it."""
        own = context.folder.folder / "pictures" / f"{path.stem}.png"
        texts = self._texts(context.recipe, context.facts)
        pictures.write_png(own, final, texts)
        if not self.settings.out:
            return own
        wanted = Path(self.settings.out)
        pictures.write_png(wanted, final, texts)
        return wanted

    def _texts(self, recipe: Any, facts: Mapping[str, Any]) -> dict[str, str]:
        return {
            "Software": f"tfapp {facts['versions'].get('tfapp', '')}".strip(),
            "Command": join(facts["command"]),
            "Seed": str(recipe.seed),
            "Recipe": recipes.to_toml(recipe, defaults=False),
        }

    def _facts(self, context: Any, facts: Mapping[str, Any]) -> RunFacts:
        recipe = context.recipe
        return RunFacts(
            name=context.folder.name,
            number=context.folder.number,
            command=join(facts["command"]),
            model=f"{recipe.model.options.get('extractor', 'mobilenet_v2')}, fixed",
            started=facts["started"],
            seconds=facts["seconds"],
            peak_memory_bytes=facts["peak_memory_bytes"],
            versions=facts["versions"],
            git_commit=facts["git_commit"],
            seed=facts["seed"],
            recipe=recipes.describe(recipe),
            history=facts["phases"],
            notes=facts["notes"],
        )
