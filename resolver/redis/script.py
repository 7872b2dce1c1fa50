"""Lua scripts, each a `.lua` file named after what it does.

Not compiled: package resources are found through `importlib`.
"""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files


@dataclass(frozen=True)
class Script:
    """A Lua script that the server runs atomically."""

    source: str

    @cached_property
    def sha(self) -> str:
        """SHA-1 of the source, by which `EVALSHA` names it; not a safeguard."""
        return hashlib.sha1(self.source.encode()).hexdigest()  # noqa: S324


def load_script(package: str, name: str) -> Script:
    """The script `lua/NAME.lua` of a package."""
    return Script((files(package) / "lua" / f"{name}.lua").read_text(encoding="utf-8"))
