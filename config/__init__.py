"""Settings: plain dataclasses filled from TOML and environment, read once at start.

Each room says in a frozen dataclass of its own what it can be told (`resolver.settings`,
`detection.rules` …); this room fills such classes and refuses what does not fit. It is a leaf: it
knows no room, and only the entry points know it.
"""

from config.loader import SettingsError, load
from config.reference import Setting, draw, settings_of

__all__ = ["Setting", "SettingsError", "draw", "load", "settings_of"]
