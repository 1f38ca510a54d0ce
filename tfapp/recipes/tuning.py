"""The table `[tuning]` of a recipe: what `tfapp tune` may change, and how it judges."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from tfapp.recipes.table import Table

TunerName = Literal["random", "bayesian", "hyperband", "grid"]

FIXED = (
    "name",
    "description",
    "task",
    "seed",
    "tuning",
    "data.kind",
    "data.path",
    "data.limit",
    "data.split",
    "data.check",
    "runtime",
    "export",
)
"""Keys, and tables, that no trial may change: all are judged on the same examples."""


class Dimension(Table):
    """The values that one key of the recipe may have: a range, or choices."""

    min: float | None = Field(None, description="least value, included")
    max: float | None = Field(None, description="largest value, included")
    step: float | None = Field(
        None, gt=0.0, description="between values; of a log range their ratio"
    )
    log: bool = Field(False, description="ratios count, not differences")
    integer: bool = Field(False, description="set by itself if min and max are whole")
    choices: tuple[Any, ...] = Field((), description="instead of a range")
    when: dict[str, list[Any]] = Field(
        {}, description="key of another dimension → its choices for which this counts"
    )

    @model_validator(mode="before")
    @classmethod
    def _from_short_forms(cls, value: Any) -> Any:
        if isinstance(value, list | tuple):
            return {"choices": value}
        if isinstance(value, Mapping) and "integer" not in value:
            ends = (value.get("min"), value.get("max"))
            whole = all(isinstance(end, int) for end in ends)
            return {**value, "integer": whole}
        return value

    @model_validator(mode="after")
    def _be_a_range_or_choices(self) -> "Dimension":
        if bool(self.choices) == (self.min is not None or self.max is not None):
            raise ValueError(
                "A dimension of `tuning.space` needs either `min` and `max`, or "
                "`choices`."
            )
        if self.choices:
            return self
        if self.min is None or self.max is None or self.min >= self.max:
            raise ValueError(
                f"`min` must be below `max`. Received: {self.min} and {self.max}"
            )
        if self.log and self.min <= 0:
            raise ValueError(f"`min` of a log range must be > 0. Received: {self.min}")
        if self.log and self.step is not None and self.step <= 1:
            raise ValueError(
                f"`step` of a log range is a ratio above 1. Received: {self.step}"
            )
        return self


class TuningConfig(Table):
    """What `tfapp tune` may change in this recipe, and how trials are judged."""

    space: dict[str, Dimension] = Field(
        {}, description="dotted key → range or choices; default: rates and the like"
    )
    tuner: TunerName = Field("bayesian", description="how settings are proposed")
    trials: int = Field(20, ge=1, description="in all, the recipe itself included")
    objective: str = Field(
        "", description='of the validation data, "val_…"; default: what chooses epochs'
    )
    better: Literal["higher", "lower"] | None = Field(
        None, description="of the objective; default: lower for losses"
    )
    seed: int = Field(0, ge=0, description="of the proposals")
    stop_hopeless: bool = Field(
        False, description="end trials that are worse than the median at their age"
    )
    trial_minutes: float = Field(0.0, ge=0.0, description="longest trial; 0 = any")
    memory_gb: float = Field(0.0, ge=0.0, description="of one trial; 0 = any")
    keep: int = Field(3, ge=1, description="trials whose weights stay on the disk")
    disk_gb: float = Field(0.0, ge=0.0, description="of all trials; 0 = any")

    @field_validator("space", mode="before")
    @classmethod
    def _flatten(cls, value: Any) -> Any:
        return dict(_flat(value)) if isinstance(value, Mapping) else value

    @model_validator(mode="after")
    def _be_decided(self) -> "TuningConfig":
        for key, dimension in self.space.items():
            if any(key == fixed or key.startswith(f"{fixed}.") for fixed in FIXED):
                raise ValueError(
                    f"`tuning.space` cannot change `{key}`: trials are judged on the "
                    "same examples and differ in what is learned."
                )
            for parent, values in dimension.when.items():
                _require_parent(key, parent, values, self.space)
        if self.objective and self.better is None and "loss" not in self.objective:
            raise ValueError(
                f"`tuning.better` must say whether 'higher' or 'lower' values of "
                f"{self.objective!r} are better."
            )
        return self


def _flat(table: Mapping[str, Any], above: str = "") -> Any:
    """Yield dotted keys with their dimensions, however the tables are nested."""
    for key, value in table.items():
        name = f"{above}{key}"
        is_table = isinstance(value, Mapping) and not {"min", "max", "choices"} & {
            *value
        }
        if is_table and any(isinstance(v, Mapping | list) for v in value.values()):
            yield from _flat(value, f"{name}.")
        else:
            yield name, value


def _require_parent(
    key: str, parent: str, values: list[Any], space: Mapping[str, Dimension]
) -> None:
    """Refuse a condition on what is no dimension of choices, or on none of them.

    Raises:
        ValueError: naming both keys.
    """
    known = space[parent].choices if parent in space else ()
    if not values or any(value not in known for value in values):
        raise ValueError(
            f"`when` of `{key}` in `tuning.space` needs choices of another key. "
            f"Received: {parent!r} = {values}; its choices are {list(known)}."
        )
