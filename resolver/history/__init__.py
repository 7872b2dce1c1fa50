"""The memory room: where dossiers are kept between scans. A port and its adapters."""

from resolver.history.port import (
    PARTITION_SIZE,
    HistoryStore,
    Partition,
    RebuildHistory,
    SwapResult,
)

__all__ = ["PARTITION_SIZE", "HistoryStore", "Partition", "RebuildHistory", "SwapResult"]
