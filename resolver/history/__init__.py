"""The scan history store: a port and its adapters."""

from resolver.history.port import (
    PARTITION_SIZE,
    HistoryStore,
    Partition,
    RebuildPartition,
    SwapResult,
)

__all__ = ["PARTITION_SIZE", "HistoryStore", "Partition", "RebuildPartition", "SwapResult"]
