"""Numbers of symbols, texts and the like, as options."""

from typing import Annotated

from pydantic import Field

Length = Annotated[int, Field(ge=2, le=4096)]
"""A length of what a network reads at once."""
Symbols = Annotated[int, Field(ge=2, le=100_000)]
"""A number of different symbols."""
Count = Annotated[int, Field(ge=20, le=1_000_000)]
"""A number of examples to generate."""
Digits = Annotated[int, Field(ge=1, le=8)]
"""A number of digits."""
Beams = Annotated[int, Field(ge=1, le=64)]
"""A number of sequences that a search keeps."""
