"""Opening the rooms with their settings: the ledger, the keys, and who is acting."""

import asyncio
import getpass
import uuid
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from cli.output import Refused
from cli.settings import Settings, read_settings
from ledger import Ledger, open_ledger

T = TypeVar("T")

Actor = Annotated[
    str,
    typer.Option("--actor", help="Who does this; it is recorded.", default_factory=getpass.getuser),
]
Key = Annotated[
    str,
    typer.Option(
        help="Idempotency key: the same one twice does it once.",
        show_default="a new one",
        default_factory=lambda: str(uuid.uuid4()),
    ),
]
ConfigFile = Annotated[
    Path | None,
    typer.Option("--config", help="Settings file (TOML).", show_default="./veritem.toml"),
]


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a command's asynchronous work to its end."""
    return asyncio.run(work)


@asynccontextmanager
async def opened(file: Path | None) -> AsyncIterator[tuple[Settings, Ledger]]:
    """Read the settings and open the ledger that they name.

    Raises:
        Refused: there is no ledger yet.
    """
    settings = read_settings(file)
    path = sqlite_path(settings.ledger.url)
    if path is not None and not path.exists():
        raise Refused(why=f"there is no ledger at {path}; `veritem init` makes one")
    async with await open_ledger(settings.ledger.url) as ledger:
        yield settings, ledger


def record(
    file: Path | None, actor: str, action: str, subject: str, details: Mapping[str, Any]
) -> None:
    """Write a line of the audit log about what was done outside the ledger, where there is one."""
    path = sqlite_path(read_settings(file).ledger.url)
    if path is not None and not path.exists():
        return

    async def work() -> None:
        async with opened(file) as (_, ledger):
            await ledger.audit.append(actor=actor, action=action, subject=subject, details=details)

    run(work())


def sqlite_path(url: str) -> Path | None:
    """Return the file of an SQLite URL, None for another engine."""
    return Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite:///") else None
