"""Options that many commands share, and access to the settings and the ledger."""

import asyncio
import getpass
import os
import uuid
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

import typer

from cli.desk_secrets import choose_otp_keys
from cli.output import CommandRefused
from cli.settings import Settings, read_settings
from ledger import Ledger, open_ledger
from ledger.storage.urls import get_sqlite_path

T = TypeVar("T")

NO_FOUNDERS: Final = (
    "Nobody can decide yet: run `veritem init` at a terminal, or with VERITEM_FOUNDER_1 and "
    "VERITEM_FOUNDER_2, to found two accounts."
)
"""Message to an installation without accounts that confirm others."""


def get_user_name() -> str:
    """The name of the operating system's user; its number where it has no name (containers)."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return f"uid-{os.getuid()}"


SignedInAs = Annotated[
    str,
    typer.Option(
        "--as",
        envvar="VERITEM_AS",
        metavar="ACCOUNT",
        help="The signed-in account that does this (`veritem sign-in`).",
        show_default="the one that is signed in",
        default_factory=str,
    ),
]
IdempotencyKey = Annotated[
    str,
    typer.Option(
        "--key",
        help="Idempotency key: a repeated command with the same key is applied once.",
        show_default="a new one",
        default_factory=lambda: str(uuid.uuid4()),
    ),
]
ConfigFile = Annotated[
    Path | None,
    typer.Option("--config", help="Settings file (TOML).", show_default="./veritem.toml"),
]


def run_async(work: Coroutine[Any, Any, T]) -> T:
    """Run asynchronous work to its end."""
    return asyncio.run(work)


@asynccontextmanager
async def open_installation(file: Path | None) -> AsyncIterator[tuple[Settings, Ledger]]:
    """Read the settings and open their ledger.

    Raises:
        CommandRefused: there is no ledger yet.
    """
    settings = read_settings(file)
    path = get_sqlite_path(settings.ledger.url)
    if path is not None and not path.exists():
        raise CommandRefused(why=f"there is no ledger at {path}; `veritem init` creates one")
    keys, user = choose_otp_keys(settings), get_user_name()
    url = settings.ledger.url
    async with await open_ledger(url, system_user=user, otp_keys=keys) as ledger:
        yield settings, ledger


def read_input(path: Path) -> bytes:
    """The content of a file that a user names.

    Raises:
        CommandRefused: it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise CommandRefused(why=f"{path} cannot be read: {error.strerror}") from error
