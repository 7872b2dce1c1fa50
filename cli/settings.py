"""What the installation is told: the rooms' own settings put together, and where they are read."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import config
from desk.settings import DeskSettings
from detection.verdict import Rules
from resolver.settings import ResolverSettings

HERE: Final = Path("veritem.toml")
"""The settings file of the directory that a command is started in."""
EMBEDDED: Final = Path(config.__file__).parent / "embedded.toml"
"""The default: everything on one machine, in one process, in files under `var/`."""


@dataclass(frozen=True)
class LedgerSettings:
    """Where the durable facts are."""

    url: str = "sqlite:///var/veritem.db"
    """`sqlite:///path` or `postgresql://user@host/name`."""


@dataclass(frozen=True)
class KeySettings:
    """Where the keys are, and what opens them."""

    directory: Path = Path("var/keys")
    """Folder of `opening.json`, `signing.json` and `public.json`."""
    opening_passphrase: str = field(default="", metadata={"secret": True}, repr=False)
    """Opens the epochs' masters; the issuer and the resolver need it."""
    signing_passphrase: str = field(default="", metadata={"secret": True}, repr=False)
    """Opens the signing keys; the issuer alone needs it. Never give it to a resolver."""


@dataclass(frozen=True)
class PrintSettings:
    """What the stamps say before their code."""

    host: str = "127.0.0.1:8080"
    """Host (and port) in the stamps' addresses: one short official name, on paper for ever."""
    scheme: str = "https"
    """`https`; `http` only where a demo has no certificate."""

    def __post_init__(self) -> None:
        if self.scheme not in ("https", "http"):
            raise ValueError(f"scheme: must be https or http, not {self.scheme!r}")
        if not self.host or set(self.host) & set("/?# "):
            raise ValueError(f"host: must be a host name without a path, not {self.host!r}")


@dataclass(frozen=True)
class Settings:
    """All settings, a section a room."""

    ledger: LedgerSettings = field(default_factory=LedgerSettings)
    keys: KeySettings = field(default_factory=KeySettings)
    printing: PrintSettings = field(default_factory=PrintSettings)
    desk: DeskSettings = field(default_factory=DeskSettings)
    resolver: ResolverSettings = field(default_factory=ResolverSettings)
    rules: Rules = field(default_factory=Rules)


def read_settings(file: Path | None = None) -> Settings:
    """Read the settings: `file`, else `VERITEM_CONFIG`, else `./veritem.toml`, else the default.

    Raises:
        config.SettingsError: naming the field and what is wrong with it.
    """
    named = os.environ.get("VERITEM_CONFIG")
    chosen = file or (Path(named) if named else HERE if HERE.exists() else EMBEDDED)
    return config.load(Settings, chosen, os.environ)
