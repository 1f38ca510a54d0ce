"""Arrays of one shape kept on disk and found by key: pixels, features, activations."""

from tfapp.data.rows.shard import DamagedRows
from tfapp.data.rows.store import Rows, RowStore

__all__ = ["DamagedRows", "RowStore", "Rows"]
