"""Numbers of tokens or characters, as an option of data."""

from typing import Annotated

from pydantic import Field

Length = Annotated[int, Field(ge=2, le=4096)]
"""A length of what a network reads at once."""
