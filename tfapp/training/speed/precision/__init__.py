"""The precision of a run: chosen by measuring it, and never without a check.

`choice` lists the candidates, `chooser` measures and remembers, `trial` runs
one candidate, `work` describes what the run computes most of the time.
"""

from tfapp.training.speed.precision.choice import candidates, choose_precision, use_xla
from tfapp.training.speed.precision.work import Candidate, PrecisionChoice

__all__ = [
    "Candidate",
    "PrecisionChoice",
    "candidates",
    "choose_precision",
    "use_xla",
]
