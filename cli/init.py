"""`veritem init`: create keys, ledger and a settings file."""

import secrets
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from cli.context import NO_FOUNDERS, get_user_name, run_async
from cli.founders import DEMO_FOUNDERS, Founders, read_founders
from cli.keys import read_passphrases
from cli.output import CommandRefused, Json, print_line, print_message, print_result
from cli.settings import EMBEDDED_FILE, LOCAL_FILE, Settings, read_settings
from issuer.keystore import DEMO_PASSPHRASES, KeyStore, Passphrases
from ledger import Ledger, open_ledger
from ledger.ledger import now_ms
from ledger.storage.urls import get_sqlite_path
from services.accounts import accounts


def init(
    demo: Annotated[
        bool, typer.Option("--demo", help="Demo keys, whose passphrases are published.")
    ] = False,
    file: Annotated[Path | None, typer.Option("--config", help="Settings file (TOML).")] = None,
    as_json: Json = False,
) -> None:
    """Create keys, ledger and the first two accounts here; what exists is kept.

    Two people found the accounts: asked for at a terminal, or VERITEM_FOUNDER_1, …_1_PASSWORD (or
    …_1_PASSWORD_FILE), …_1_ONE_TIME_CODE=yes, and the same with 2. They add and confirm all others.
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

    async def prepare() -> tuple[Founders | None, bool]:
        url, user = settings.ledger.url, get_user_name()
        async with await open_ledger(url, system_user=user) as ledger:
            await ledger.migrate()
            founded = await _found_accounts(ledger, settings, demo=demo)
            return founded, await ledger.staff.is_founded()

    founded, is_founded = run_async(prepare())
    uris = founded.list_uris() if founded else {}

    def render() -> None:
        print_line(f"Ready: keys in {settings.keys.directory}, ledger {path or 'on PostgreSQL'}.")
        if generated:
            print_message(("\nPassphrases, shown once; store them safely:", "bold"))
            for kind, passphrase in asdict(generated).items():
                print_message(f"export VERITEM_KEYS_{kind.upper()}_PASSPHRASE={passphrase}")
            print_line("")
        for account, uri in uris.items():
            print_message(f"One-time code app of {account}, shown this once: {uri}")
        print_line(_describe_next_step(founded, is_founded=is_founded, demo=demo))

    document = {
        "keys": str(settings.keys.directory),
        "ledger": settings.ledger.url.rpartition("@")[2],
        "founded": [one.id for one in founded.accounts] if founded else [],
        **({"one_time_code_uris": uris} if uris else {}),
    }
    print_result(document, as_json, render)


async def _found_accounts(ledger: Ledger, settings: Settings, *, demo: bool) -> Founders | None:
    """Found the first two accounts unless there are some; None where nobody names them."""
    if await ledger.staff.is_founded():
        return None
    if demo:
        # Demo accounts are signed in without a password, so never beside real keys or accounts.
        is_free = KeyStore(settings.keys.directory).demo and not await ledger.staff.list()
        founders = Founders(DEMO_FOUNDERS) if is_free else None
    else:
        founders = read_founders()
    if founders is not None:
        await accounts.found_accounts(ledger, founders.accounts, is_demo=demo, at=now_ms())
    return founders


def _describe_next_step(founded: Founders | None, *, is_founded: bool, demo: bool) -> str:
    if not is_founded:
        return NO_FOUNDERS
    if demo:
        return "Next: veritem registry, then veritem order request, and minh approves."
    if founded is None:
        return "The accounts are as they were."
    names = " and ".join(one.id for one in founded.accounts)
    return f"Founded: {names}. Next: veritem sign-in, then veritem staff add ACCOUNT."


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
