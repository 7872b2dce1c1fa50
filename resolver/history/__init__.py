"""The memory room: where dossiers are kept between scans. A port and its adapters."""

from resolver.history.port import PARTITION, HistoryStore, Partition, RebuildHistory, Swap

__all__ = ["PARTITION", "HistoryStore", "Partition", "RebuildHistory", "Swap"]
