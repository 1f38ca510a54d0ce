"""Numbers of capsules, dimensions and rounds, which are at least 1."""

from tfapp.base.errors import ModelError


def check_sizes(**sizes: int) -> None:
    """Refuse what is below 1.

    Args:
        sizes: by the name of the argument.

    Raises:
        ModelError: with the name and the number.
    """
    for name, value in sizes.items():
        if value < 1:
            raise ModelError(f"`{name}` must be at least 1. Received: {value}")
