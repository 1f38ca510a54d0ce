"""What every table of a recipe has in common."""

from pydantic import BaseModel, ConfigDict


class Table(BaseModel):
    """A table of a recipe: unknown keys are errors, values never change."""

    model_config = ConfigDict(frozen=True, extra="forbid")
