"""`veritem serve`, `veritem resolver` and `veritem recorder`: the public scan service.

This module and its imports never load `issuer`: codes are opened with `opening.json`, and PINs
checked with `claims.json`.
"""

from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from claims import open_in_process
from claims import serve as serve_claims
from cli.context import NO_FOUNDERS, ConfigFile, run_async
from cli.foreign_secrets import warn_of_foreign_secrets
from cli.known_heads import check_ledger_against_heads
from cli.opening_keys import load_claim_keys, load_opening_keys
from cli.output import CommandRefused, log_json, print_message, print_warning
from cli.secret_file import load_secret
from cli.settings import Settings, read_settings
from ledger import open_ledger
from ledger.storage.urls import get_sqlite_path
from resolver import ResolverSettings, run_recorder
from resolver import serve as serve_scans
from resolver.claims import OpenClaimService
from resolver.claims.http import HttpClaimService
from resolver.settings import DIRECT_JOURNAL, IN_PROCESS_CLAIMS
from stamps.demo_keys import check_demo_addresses
from web.validation import describe_error

DEMO_WARNING = (
    "DEMO KEYS: anybody can seal stamps that this service calls authentic. Never in production."
)


def serve(file: ConfigFile = None) -> None:
    """Serve everything on this machine: migrate the ledger, then answer scans."""
    settings = read_settings(file)
    path = get_sqlite_path(settings.ledger.url)
    if path is not None and not path.parent.exists():
        raise CommandRefused(why=f"there is no folder {path.parent}; `veritem init` creates one")

    async def migrate() -> None:
        async with await open_ledger(settings.ledger.url) as ledger:
            await ledger.migrate()
            if not await ledger.staff.is_founded():
                print_warning(NO_FOUNDERS)

    run_async(migrate())
    check_ledger_against_heads(settings)
    _serve(settings, file, settings.resolver.workers)


def resolver(
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes on the one port.", show_default="1")
    ] = None,
    file: ConfigFile = None,
) -> None:
    """Answer scans; the ledger must have been migrated (`veritem init`)."""
    settings = read_settings(file)
    in_process = settings.resolver.claims == IN_PROCESS_CLAIMS
    needed = ("keys.claims_passphrase",) if in_process else ()
    warn_of_foreign_secrets(settings, "resolver", *needed)
    check_ledger_against_heads(settings)
    _serve(settings, file, workers or settings.resolver.workers)


def recorder(file: ConfigFile = None) -> None:
    """Bring scans from the Redis stream into the ledger, once each, and raise alerts.

    It opens the codes of signed scans, so it needs the opening keys as a resolver does.
    """
    settings = read_settings(file)
    if settings.resolver.journal == DIRECT_JOURNAL:
        why = f"the journal {settings.resolver.journal} writes into the ledger by itself"
        raise CommandRefused(why=f"{why}; a recorder is for a journal on redis://")
    log_json()
    warn_of_foreign_secrets(settings, "recorder")
    check_ledger_against_heads(settings)
    keys = load_opening_keys(settings)

    def report_ready(admin: str) -> None:
        print_message(("Recording", "green"), f" scans into the ledger  metrics {admin}/metrics")

    run_recorder(settings.resolver, lambda: read_settings(file).rules, report_ready, keys.ring)


def claims(file: ConfigFile = None) -> None:
    """Check PINs and record claims, for resolvers that name this service in `resolver.claims`.

    It needs `claims.json`, its passphrase, and claims.secret; nothing that opens or signs codes.
    """
    settings = read_settings(file)
    log_json()
    check_ledger_against_heads(settings)
    warn_of_foreign_secrets(settings, "claims")
    pins = load_claim_keys(settings)

    def report_ready(address: str) -> None:
        print_message(("Checking", "green"), f" PINs at {address}")

    serve_claims(settings.claims, pins=pins, ready=report_ready)


def _serve(settings: Settings, file: Path | None, workers: int) -> None:
    log_json()
    keys = load_opening_keys(settings)
    if keys.is_demo:
        check_demo_addresses((settings.resolver.public_url, settings.printing.host))
        print_warning(DEMO_WARNING)

    def report_ready(url: str, admin: str) -> None:
        print_message(("Serving", "green"), f" {url}  metrics {admin}/metrics")

    serve_scans(
        _set_workers(settings, workers),
        keys=keys.ring,
        open_claims=_choose_claims(settings),
        public_keys=keys.public,
        rules=lambda: read_settings(file).rules,
        secret=load_secret(settings.keys.directory / "resolver.secret"),
        ready=report_ready,
    )


def _choose_claims(settings: Settings) -> OpenClaimService:
    """The check of PINs: in this process, or in that of the claim service."""
    address, secret = settings.resolver.claims, settings.claims.secret.get_secret_value()
    if address == IN_PROCESS_CLAIMS:
        return open_in_process(load_claim_keys(settings), settings.claims)
    if not secret:
        raise CommandRefused(why=f"claims.secret is not set, which the service at {address} wants")
    return lambda _ledger, _counter, _clock, _secret: HttpClaimService(address, secret)


def _set_workers(settings: Settings, workers: int) -> ResolverSettings:
    """The resolver's settings with another number of workers, validated again."""
    try:
        return ResolverSettings(**(settings.resolver.model_dump() | {"workers": workers}))
    except ValidationError as error:
        raise CommandRefused(why=describe_error(error).reason) from None
