"""`veritem init`: create keys, ledger and a settings file."""

import secrets
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from cli.context import run_async
from cli.keys import read_passphrases
from cli.output import CommandRefused, Json, print_line, print_message, print_result
from cli.settings import EMBEDDED_FILE, LOCAL_FILE, Settings, read_settings
from issuer.keystore import DEMO_PASSPHRASES, KeyStore, Passphrases
from ledger import open_ledger
from ledger.urls import get_sqlite_path


def init(
    demo: Annotated[
        bool, typer.Option("--demo", help="Demo keys, whose passphrases are published.")
    ] = False,
    file: Annotated[Path | None, typer.Option("--config", help="Settings file (TOML).")] = None,
    as_json: Json = False,
) -> None:
    """Create keys and ledger here, as the settings say; what exists is kept.

    Passphrases come from VERITEM_KEYS_MASTERS_PASSPHRASE, …_SIGNING_…, …_OPENING_… and
    …_CLAIMS_…. Where none is set, four are generated, shown once and stored nowhere.
    """
    if file is None and not LOCAL_FILE.exists():
        LOCAL_FILE.write_bytes(EMBEDDED_FILE.read_bytes())
    settings = read_settings(file)
    path = get_sqlite_path(settings.ledger.url)
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
    generated = _create_keys(settings, demo=demo, as_json=as_json)

    async def migrate() -> None:
        async with await open_ledger(settings.ledger.url) as ledger:
            await ledger.migrate()

    run_async(migrate())

    def render() -> None:
        print_line(f"Ready: keys in {settings.keys.directory}, ledger {path or 'on PostgreSQL'}.")
        if generated:
            print_message(("\nPassphrases, shown once; store them safely:", "bold"))
            for kind, passphrase in asdict(generated).items():
                print_message(f"export VERITEM_KEYS_{kind.upper()}_PASSPHRASE={passphrase}")
            print_line("")
        print_line("Next: veritem order request ORDER --count 1000, and another person approves.")

    document = {
        "keys": str(settings.keys.directory),
        "ledger": settings.ledger.url.rpartition("@")[2],
    }
    print_result(document, as_json, render)


def _create_keys(settings: Settings, *, demo: bool, as_json: bool) -> Passphrases | None:
    """Create the key store unless there is one; answers the passphrases if it generated them."""
    if KeyStore(settings.keys.directory).exists():
        return None
    passphrases, generated = read_passphrases(settings), None
    if demo:
        passphrases = DEMO_PASSPHRASES
    elif passphrases == Passphrases():
        if as_json:
            why = "set the four passphrases in the environment to use --json"
            raise CommandRefused(why=why)
        passphrases = generated = Passphrases(*(secrets.token_urlsafe(24) for _ in range(4)))
    KeyStore.create(settings.keys.directory, passphrases, demo=demo)
    return generated
