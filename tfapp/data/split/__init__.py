"""Examples divided into train, validation and test: made once, then recorded."""

from tfapp.data.split.integrity import fingerprint
from tfapp.data.split.making import make_split
from tfapp.data.split.record import limit_per_stratum, split_examples

__all__ = ["fingerprint", "limit_per_stratum", "make_split", "split_examples"]
