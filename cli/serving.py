"""`veritem serve` and `veritem resolver`: the public scan service.

This module and what it imports never load the room that signs: the keys are opened from
`opening.json` alone.
"""

from pathlib import Path
from typing import Annotated

import orjson
import typer

from cli.context import ConfigFile, run, sqlite_path
from cli.kept_secret import kept_secret
from cli.output import Refused, asides, json_logs
from cli.settings import Settings, read_settings
from detection.verdict import Rules
from ledger import open_ledger
from resolver import ResolverSettings, run_recorder
from resolver import serve as serve_resolver
from stamps.key_file import DEMO_OPENING_PASSPHRASE, KeyFile
from stamps.key_ring import KeyRing
from stamps.signature import PublicKeys


def serve(file: ConfigFile = None) -> None:
    """Serve everything on this machine: migrate the ledger, then answer scans."""
    settings = read_settings(file)
    path = sqlite_path(settings.ledger.url)
    if path is not None and not path.parent.exists():
        raise Refused(why=f"there is no folder {path.parent}; `veritem init` makes one")

    async def migrate() -> None:
        async with await open_ledger(settings.ledger.url) as ledger:
            await ledger.migrate()

    run(migrate())
    _serve(settings, file, settings.resolver.workers)


def resolver(
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes on the one port.", show_default="1")
    ] = None,
    file: ConfigFile = None,
) -> None:
    """Answer scans; the ledger must have been migrated (`veritem init`)."""
    settings = read_settings(file)
    _serve(settings, file, workers or settings.resolver.workers)


def recorder(file: ConfigFile = None) -> None:
    """Bring scans from the Redis stream into the ledger, once each, and raise alerts."""
    settings = read_settings(file)
    if not settings.resolver.journal.startswith("redis"):
        why = f"the journal {settings.resolver.journal} writes into the ledger by itself"
        raise Refused(why=f"{why}; a recorder is for a journal on redis://")
    json_logs()

    def ready(admin: str) -> None:
        said = f"[green]Recording[/] scans into the ledger  metrics {admin}/metrics"
        asides.print(said, highlight=False)

    run_recorder(resolver_settings(settings, 1), lambda: read_settings(file).rules, ready)


def _serve(settings: Settings, file: Path | None, workers: int) -> None:
    json_logs()
    ring, public, demo = opening_keys(settings)
    if demo:
        asides.print(
            "[black on yellow] ! [/] [yellow]DEMO KEYS: anybody can seal stamps that this"
            " service calls authentic. Never in production.[/]"
        )

    def rules() -> Rules:
        return read_settings(file).rules

    def ready(url: str, admin: str) -> None:
        asides.print(f"[green]Serving[/] {url}  metrics {admin}/metrics", highlight=False)

    serve_resolver(
        resolver_settings(settings, workers),
        keys=ring,
        public_keys=public,
        rules=rules,
        secret=kept_secret(settings.keys.directory / "resolver.secret"),
        ready=ready,
    )


def resolver_settings(settings: Settings, workers: int) -> ResolverSettings:
    """The resolver's settings with what the other sections say."""
    return settings.resolver.model_copy(update={"workers": workers})


def opening_keys(settings: Settings) -> tuple[KeyRing, PublicKeys, bool]:
    """The keys that open codes, the public keys, and whether they are a demo's.

    Raises:
        Refused: a file is missing or unreadable.
        VeritemError: the passphrase does not open them.
    """
    document = _json(settings.keys.directory / "opening.json")
    passphrase = settings.keys.opening_passphrase.get_secret_value()
    looked = KeyFile.inspect(document, "opening")
    if looked.demo and not passphrase:
        passphrase = DEMO_OPENING_PASSPHRASE
    opened = KeyFile.decrypt(document, "opening", passphrase)
    return opened.build_ring(), published_keys(settings), opened.demo


def published_keys(settings: Settings) -> PublicKeys:
    """The public keys; no passphrase is needed.

    Raises:
        Refused: the file is missing or unreadable.
        BadSignature: it is no key set.
    """
    return PublicKeys.from_jwks(_json(settings.keys.directory / "public.json"))


def _json(path: Path) -> dict[str, object]:
    try:
        document = orjson.loads(path.read_bytes())
    except OSError as error:
        raise Refused(
            why=f"{path} can not be read: {error.strerror}; see `veritem init`"
        ) from error
    except orjson.JSONDecodeError as error:
        raise Refused(why=f"{path} is not JSON") from error
    if not isinstance(document, dict):
        raise Refused(why=f"{path} is not a JSON object")
    return document
