"""Heads that were pushed, as this machine knows them, and the check of its ledger against them.

This module and its imports never load `issuer`: services that face the internet check too.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from cli.context import run_async
from cli.opening_keys import read_json_object
from cli.output import CommandRefused
from cli.settings import Settings
from ledger import open_ledger
from ledger.audit.head_statement import HeadKeys, SignedHead
from ledger.audit.known_heads import KnownHeads, read_heads, read_newest_head

HeadFile = Annotated[
    Path | None,
    typer.Option(
        "--head",
        metavar="FILE",
        help="Signed heads as a place keeps them.",
        show_default="the folder in the settings",
    ),
]


def load_head_keys(settings: Settings) -> HeadKeys:
    """Read the public keys of chain heads.

    Raises:
        CommandRefused: the file is missing or unreadable.
        MalformedNote: it is no key set.
    """
    path = settings.heads.public_keys
    if not path.exists():
        why = f"{path} is missing; `veritem heads key create` makes it where heads are signed"
        raise CommandRefused(why=why)
    return HeadKeys.from_jwks(read_json_object(path))


def load_known_heads(settings: Settings, head: Path | None) -> KnownHeads:
    """Read all heads of `head`, else of the folder in the settings; none where none is named.

    Raises `UnreadableHeads`, and as `load_head_keys`.
    """
    path = head or (Path(settings.heads.folder) if settings.heads.folder else None)
    return KnownHeads() if path is None else read_heads(path, load_head_keys(settings))


def find_newest_head(settings: Settings) -> SignedHead | None:
    """Return the newest head of the folder in the settings; None where there is no folder or head.

    Raises `UnreadableHeads`, and as `load_head_keys`.
    """
    if not settings.heads.folder:
        return None
    return read_newest_head(Path(settings.heads.folder), load_head_keys(settings))


def choose_head_finder(settings: Settings) -> Callable[[], SignedHead | None] | None:
    """Return what finds the newest head of the folder in the settings; None without a folder."""
    return (lambda: find_newest_head(settings)) if settings.heads.folder else None


def check_ledger_against_heads(settings: Settings) -> None:
    """Refuse a ledger that lacks rows of the newest head that was pushed; a service calls it first.

    A service that started on a restored old copy would call recalled stamps authentic, so it does
    not start. Without `heads.folder` nothing is checked.

    Raises:
        CommandRefused: names the rows.
        StorageFailed: the ledger cannot be read.
    """
    newest = find_newest_head(settings)
    if newest is None:
        return

    async def compare() -> None:
        async with await open_ledger(settings.ledger.url) as ledger:
            comparison = await ledger.chains.compare([newest.statement])
        if not comparison.ok:
            raise CommandRefused(why=f"{comparison.describe()}; see docs/heads.md")

    run_async(compare())
