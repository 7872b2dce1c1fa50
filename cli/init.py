"""`veritem init`: a place to work in: keys, ledger and a settings file."""

import asyncio
import secrets
from pathlib import Path
from typing import Annotated

import typer

from cli.context import sqlite_path
from cli.keys import read_passphrases
from cli.output import Json, Refused, answers, asides, say
from cli.settings import EMBEDDED_FILE, LOCAL_FILE, read_settings
from issuer.keystore import DEMO_PASSPHRASES, KeyStore, Passphrases
from ledger import open_ledger


def init(
    demo: Annotated[
        bool, typer.Option("--demo", help="Demo keys, whose passphrases everybody knows.")
    ] = False,
    file: Annotated[Path | None, typer.Option("--config", help="Settings file (TOML).")] = None,
    as_json: Json = False,
) -> None:
    """Make keys and ledger here, as the settings say; what is there already is kept.

    Passphrases come from VERITEM_KEYS_OPENING_PASSPHRASE and VERITEM_KEYS_SIGNING_PASSPHRASE.
    Where they are not set, two are made, shown once and stored nowhere.
    """
    if file is None and not LOCAL_FILE.exists():
        LOCAL_FILE.write_bytes(EMBEDDED_FILE.read_bytes())
    settings = read_settings(file)
    path = sqlite_path(settings.ledger.url)
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)

    made: Passphrases | None = None
    if not (settings.keys.directory / "opening.json").exists():
        given = read_passphrases(settings)
        if demo:
            given = DEMO_PASSPHRASES
        elif not given.opening and not given.signing:
            if as_json:
                raise Refused(why="set the two passphrases in the environment to use --json")
            given = made = Passphrases(secrets.token_urlsafe(24), secrets.token_urlsafe(24))
        KeyStore.create(settings.keys.directory, given, demo=demo)

    async def migrate() -> None:
        async with await open_ledger(settings.ledger.url) as ledger:
            await ledger.migrate()

    asyncio.run(migrate())

    def lines() -> None:
        answers.print(
            f"Ready: keys in {settings.keys.directory}, ledger {path or 'on PostgreSQL'}."
        )
        if made:
            asides.print(
                "\n[bold]Passphrases, shown this once; keep them where keys are kept:[/]\n"
                f"export VERITEM_KEYS_OPENING_PASSPHRASE={made.opening}\n"
                f"export VERITEM_KEYS_SIGNING_PASSPHRASE={made.signing}\n",
                highlight=False,
            )
        answers.print(
            "Next: veritem order request ORDER --count 1000, and another person approves."
        )

    say(
        {"keys": str(settings.keys.directory), "ledger": settings.ledger.url.split("@")[-1]},
        as_json,
        lines,
    )
