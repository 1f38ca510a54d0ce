"""Write on from a prompt by a trained language model."""

from collections.abc import Iterator
from pathlib import Path

from tfapp import runs
from tfapp.base.errors import ModelError
from tfapp.base.reporter import Reporter
from tfapp.machine.start import start_tensorflow

TASK = "character_language_model"


def sample(
    run: str,
    prompt: str = "",
    *,
    length: int = 500,
    temperature: float = 0.8,
    top_k: int = 0,
    seed: int = 0,
    runs_folder: Path | str = "runs",
    reporter: Reporter | None = None,
) -> Iterator[str]:
    """Return characters that follow a prompt, one by one, as a language model has them.

    Args:
        run: NAME, NAME/NUMBER or folder of a run that learned a running text.
        prompt: what comes before; "" to begin with a new line.
        length: number of characters.
        temperature: they are drawn at: below 1 likelier ones, 0 the likeliest alone,
            above 1 stranger ones.
        top_k: draw among so many of the likeliest, 0 for all.
        seed: of the draws; the same gives the same text.
        runs_folder: where runs lie.
        reporter: receives the start of TensorFlow; None for one on stderr.

    Raises:
        ConfigError: for a temperature or a number that cannot be.
        ModelError: if there is no such run, or it learned something else.
    """
    found = runs.find(run, Path(runs_folder))
    card = runs.read_card(found.model_file.parent)
    if card.get("task") != TASK:
        raise ModelError(
            f"Run {run!r} learned {card.get('task')!r}. Expected one of {TASK!r}, as "
            "`tfapp fit novel.txt` makes it."
        )
    start_tensorflow(reporter or Reporter())
    from tfapp.domains.text.language.preprocessor import read_preprocessor
    from tfapp.domains.text.language.stepping import stream
    from tfapp.export.keras_file import load_model

    return stream(
        load_model(found.model_file),
        read_preprocessor(card["preprocess"]),
        prompt,
        length=length,
        temperature=temperature,
        top_k=top_k,
        seed=seed,
    )
