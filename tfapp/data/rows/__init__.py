"""Arrays of one shape kept on disk and found by key, such as features."""

from tfapp.data.rows.shard import DamagedRows
from tfapp.data.rows.store import Rows, RowStore

__all__ = ["DamagedRows", "RowStore", "Rows"]
