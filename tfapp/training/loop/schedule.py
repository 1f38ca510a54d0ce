"""The learning rate of every step."""

import math
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Schedule:
    """Linear warm-up, then a half cosine to zero, or a constant rate.

    Under a time budget the curve follows whichever is further on, the steps or the
    clock, so that a phase that is cut short has still cooled down.

    Args:
        peak: learning rate after the warm-up.
        total_steps: of the phase.
        warmup_steps: of the linear rise from 0.
        kind: "cosine", or "constant" after the warm-up.

    Reference:
        Loshchilov & Hutter, SGDR, ICLR 2017, https://arxiv.org/abs/1608.03983
    """

    peak: float
    total_steps: int
    warmup_steps: float = 0.0
    kind: Literal["cosine", "constant"] = "cosine"

    def at(self, step: int, budget_share: float = 0.0) -> float:
        """Return the rate of one step.

        Args:
            step: from 0.
            budget_share: how much of the time budget is spent, from 0 to 1.
        """
        if step < self.warmup_steps:
            return self.peak * (step + 1) / (self.warmup_steps + 1)
        if self.kind == "constant":
            return self.peak
        rest = max(self.total_steps - self.warmup_steps, 1)
        progress = max((step - self.warmup_steps) / rest, budget_share)
        return self.peak * 0.5 * (1.0 + math.cos(math.pi * min(progress, 1.0)))
