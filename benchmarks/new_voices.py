"""How well a simple method knows words of voices that it never heard, by voice.

    python benchmarks/new_voices.py audio/fsdd_new_voice

Each voice in turn is the test; a ridge regression with a Gaussian kernel learns from
all others, on log-mel spectra of 20 steps: as `tfapp` takes it for the baseline, with
half of every band's mean taken away first, and with all of it.
"""

import argparse
from typing import Any

import numpy as np

from tfapp import recipes
from tfapp.data import load_dataset
from tfapp.domains.audio.classification.kernel_ridge import kernel_ridge
from tfapp.domains.audio.classification.pooled import BANDS, STEPS, pooled_spectra
from tfapp.domains.audio.preprocessor import WAVEFORM

SHARES = {"the whole recording": 0.0, "half by band": 0.5, "each band": 1.0}
"""How much of the mean of a band is taken away."""


def main() -> None:
    """Print the accuracy of every voice, and their mean."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recipe", help="of recordings of classes with named speakers")
    parser.add_argument("--set", action="append", default=[], dest="overrides")
    arguments = parser.parse_args()
    recipe = recipes.load_recipe(arguments.recipe, arguments.overrides)
    dataset: Any = load_dataset(recipe.data, seed=recipe.seed)
    waves = np.asarray(dataset.inputs[WAVEFORM].values)
    spectra = pooled_spectra(waves, dataset.preprocessor.rate)
    labels = np.asarray(dataset.answers.values)
    voices = np.array([dataset.speakers[name] for name in dataset.names])
    names = sorted(set(voices))
    print(f"| mean 0 of | {' | '.join(names)} | mean |")
    print("|---" * (len(names) + 2) + "|")
    for name, share in SHARES.items():
        rows = centred(spectra, share)
        found = [accuracy(rows, labels, voices == voice) for voice in names]
        cells = [f"{value:.1%}" for value in (*found, float(np.mean(found)))]
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


def centred(spectra: np.ndarray, share: float) -> np.ndarray:
    """Return rows with a share of every band's mean taken away, mean 0, deviation 1."""
    steps = spectra.reshape(-1, STEPS, BANDS)
    rows = steps - share * steps.mean(axis=1, keepdims=True)
    rows = rows.reshape(spectra.shape)
    rows = rows - rows.mean(axis=1, keepdims=True)
    result: np.ndarray = rows / (rows.std(axis=1, keepdims=True) + 1e-6)
    return result


def accuracy(rows: np.ndarray, labels: np.ndarray, test: np.ndarray) -> float:
    """Return the share of right answers on the test after learning from the rest."""
    train = rows[~test], labels[~test]
    scores = kernel_ridge(train, None, int(labels.max()) + 1).scores(rows[test])
    return float((scores.argmax(axis=1) == labels[test]).mean())


if __name__ == "__main__":
    main()
