"""Examples divided into train, validation and test: made once, then recorded."""

from tfapp.data.split.integrity import fingerprint, near_training
from tfapp.data.split.making import make_split
from tfapp.data.split.record import (
    keep_record,
    limit_per_stratum,
    split_examples,
    trained_hashes,
)

__all__ = [
    "fingerprint",
    "keep_record",
    "limit_per_stratum",
    "make_split",
    "near_training",
    "split_examples",
    "trained_hashes",
]
