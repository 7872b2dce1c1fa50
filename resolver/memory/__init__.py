"""The memory room: where dossiers are kept between scans. A port and its adapters."""

from resolver.memory.port import BRANCH, Branch, Memory, Recall, Swap

__all__ = ["BRANCH", "Branch", "Memory", "Recall", "Swap"]
