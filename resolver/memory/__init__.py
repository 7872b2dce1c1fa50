"""The memory room: where dossiers are kept between scans. A port and its adapters."""

from resolver.memory.port import LEAF, Leaf, Memory, Recall, Swap

__all__ = ["LEAF", "Leaf", "Memory", "Recall", "Swap"]
