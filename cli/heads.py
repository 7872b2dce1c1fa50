"""`veritem heads`: sign where the ledger's hash chains end, and push that to places outside."""

import secrets
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.context import ConfigFile, IdempotencyKey, SignedInAs, open_installation, run_async
from cli.known_heads import load_head_keys, load_known_heads
from cli.output import (
    CommandRefused,
    Json,
    format_local_time,
    log_json,
    print_fields,
    print_message,
    print_result,
    print_table,
)
from cli.proposal_output import print_proposed
from cli.settings import Settings, read_settings
from cli.use_cases import call_service
from issuer.heads import HeadKey, HeadKeyStore, HeadPlace, HeadSigner, PushFailed, SignerState
from issuer.heads.places import CollectorPlace, FolderPlace, MailPlace
from issuer.heads.run import run_signer
from issuer.heads.service import push_due
from ledger import Ledger
from ledger.audit.head_statement import CHAINS, HeadKeys, SignedHead
from ledger.audit.known_heads import read_heads
from ledger.ledger import now_ms
from services.restores import propose_accepted_loss
from stamps.timestamps import format_rfc3339

Sign = Callable[[HeadSigner, Ledger], Awaitable[SignedHead | None]]

app = typer.Typer(no_args_is_help=True, help="Signed chain heads: history is not rewritten unseen.")
key_app = typer.Typer(no_args_is_help=True, help="The key that signs chain heads.")
app.add_typer(key_app, name="key")


@app.command()
def serve(file: ConfigFile = None) -> None:
    """Sign each change of the ledger within seconds and push it, off the database's host."""
    settings = read_settings(file)
    log_json()

    def report_ready(admin: str) -> None:
        print_message(("Signing", "green"), f" chain heads  metrics {admin}/metrics")

    heads = settings.heads
    run_signer(
        settings.ledger.url,
        heads.directory,
        _open_key(settings),
        _require_places(settings),
        interval_seconds=heads.interval_seconds,
        admin=(heads.admin_host, heads.admin_port),
        ready=report_ready,
    )


@app.command()
def push(file: ConfigFile = None, as_json: Json = False) -> None:
    """Sign the present heads and push everything that places do not have, once.

    Exits with 1 when history was rewritten, or a place did not take its heads.
    """
    _sign_and_push(file, as_json, HeadSigner.sign)


@app.command("accept-loss")
def accept_loss(
    reason: Annotated[str, typer.Option(help="Why an old copy is in use.")],
    actor: SignedInAs,
    key: IdempotencyKey,
    head: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Heads as a place keeps them.",
            show_default="the folder in the settings",
        ),
    ] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Propose to accept that the ledger lacks rows that were signed; another person approves.

    Where the ledger is, after an old copy was restored. When it is approved, the signer goes on
    with `veritem heads resume`.
    """
    known = load_known_heads(read_settings(file), head).in_force
    signed = [pushed.statement for pushed in known]
    proposal = call_service(
        file, lambda c: propose_accepted_loss(c, signed, reason, key), actor=actor
    )
    print_proposed(proposal, as_json)


@app.command()
def resume(file: ConfigFile = None, as_json: Json = False) -> None:
    """Go on after an old copy was restored, if two people accepted its loss (`accept-loss`).

    The statement that is signed and pushed names the rows that are gone.
    """
    _sign_and_push(file, as_json, HeadSigner.sign_accepted_loss)


@app.command()
def status(file: ConfigFile = None, as_json: Json = False) -> None:
    """Show the last head, and what each place has. Exits with 1 when something is wrong."""
    settings = read_settings(file)
    state = SignerState.load(settings.heads.directory)
    document = _describe(state, [place.name for place in _make_places(settings)])

    def render() -> None:
        last = document["last"] or {}
        print_fields(
            "Chain heads",
            {
                "ledger": last.get("ledger", "nothing is signed yet"),
                "signed": last.get("at"),
                **{chain: last.get(chain) for chain in CHAINS},
                "all rows proven": format_local_time(state.proven_at or None),
                "refused": document["refused"] or "no",
            },
        )
        print_table(
            "Places",
            ("place", "has heads up to", "waiting", "last failure"),
            (
                (place["place"], place["through"], place["waiting"], place["failure"])
                for place in document["places"]
            ),
        )

    print_result(document, as_json, render)
    if not document["ok"]:
        raise typer.Exit(1)


@app.command()
def recover(
    head: Annotated[Path, typer.Option(metavar="FILE", help="Heads as a place keeps them.")],
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Tell a signer that lost its state what it signed: the newest head of a place's file."""
    settings = read_settings(file)
    newest, key = read_heads(head, load_head_keys(settings)).in_force[-1], _open_key(settings)
    if newest.statement.ledger != key.ledger:
        why = f"the heads in {head} are of {newest.statement.ledger}, the key is of {key.ledger}"
        raise CommandRefused(why=why)
    # Signed again: the key may be a new one, in place of one that was lost.
    SignerState.recover(settings.heads.directory, key.sign(newest.statement))
    fields = _describe_head(newest)
    print_result(fields, as_json, lambda: print_fields("The signer goes on from", fields))


@key_app.command("create")
def create_key(
    ledger: Annotated[
        str | None,
        typer.Option(
            help="Name of the ledger in its heads.", show_default="the printed host and a number"
        ),
    ] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Create the key that signs chain heads, where the database's owner has no access.

    The passphrase comes from VERITEM_HEADS_PASSPHRASE (or …_FILE naming a file). Where it is not
    set, one is generated, shown once and stored nowhere.
    """
    settings = read_settings(file)
    passphrase = settings.heads.passphrase.get_secret_value()
    generated = "" if passphrase else secrets.token_urlsafe(24)
    if generated and as_json:
        raise CommandRefused(why="set VERITEM_HEADS_PASSPHRASE to use --json")
    name = ledger or f"{settings.printing.host}/ledger-{secrets.token_hex(4)}"
    store = HeadKeyStore(settings.heads.directory)
    key = store.create(name, passphrase or generated, now_ms())
    if generated:
        print_message(("\nPassphrase, shown once; store it safely:", "bold"))
        print_message(f"export VERITEM_HEADS_PASSPHRASE={generated}\n")
    _print_keys(f"Created the key of chain heads in {store.directory}", key.public_keys(), as_json)


@key_app.command("rotate")
def rotate_key(file: ConfigFile = None, as_json: Json = False) -> None:
    """Add a key, which signs from now on; heads that earlier keys signed stay verifiable."""
    settings = read_settings(file)
    passphrase = settings.heads.passphrase.get_secret_value()
    key = HeadKeyStore(settings.heads.directory).rotate(passphrase, now_ms())
    _print_keys("A new key signs from now on", key.public_keys(), as_json)


@key_app.command("show")
def show_key(file: ConfigFile = None, as_json: Json = False) -> None:
    """Print the public keys, a JWK set with `--json`; no passphrase is needed."""
    _print_keys("Public keys of chain heads", load_head_keys(read_settings(file)), as_json)


def _print_keys(title: str, keys: HeadKeys, as_json: bool) -> None:
    def render() -> None:
        fields = {"verifier key" if at == 0 else "": k.format() for at, k in enumerate(keys.keys)}
        print_fields(title, fields)

    print_result(keys.to_jwks(), as_json, render)


def _open_key(settings: Settings) -> HeadKey:
    return HeadKeyStore(settings.heads.directory).open(settings.heads.passphrase.get_secret_value())


def _make_places(settings: Settings) -> list[HeadPlace]:
    heads = settings.heads
    places: list[HeadPlace] = []
    if heads.folder:
        places.append(FolderPlace(Path(heads.folder)))
    if heads.collector:
        secret = heads.collector_secret.get_secret_value()
        places.append(CollectorPlace(heads.collector, secret))
    if heads.mail_to:
        password = heads.mail_password.get_secret_value()
        pause = 60.0 * heads.mail_minutes
        places.append(MailPlace(heads.mail_server, password, heads.mail_from, heads.mail_to, pause))
    return places


def _require_places(settings: Settings) -> list[HeadPlace]:
    places = _make_places(settings)
    if not places:
        why = "no place is named: set heads.folder, heads.collector or heads.mail_to"
        raise CommandRefused(why=why)
    return places


def _sign_and_push(file: Path | None, as_json: bool, sign: Sign) -> None:
    settings = read_settings(file)
    key, places = _open_key(settings), _require_places(settings)

    async def work(state: SignerState) -> dict[str, Any]:
        state.keep_places(place.name for place in places)
        async with open_installation(file) as (_, ledger):
            return await _push_once(HeadSigner(key, state, now_ms), ledger, places, sign)

    with SignerState.lock(settings.heads.directory, key.public_keys()) as state:
        document = run_async(work(state))

    def render() -> None:
        print_fields("Chain heads", document["last"])
        print_table(
            "Places",
            ("place", "pushed", "failure"),
            ((place["place"], place["pushed"], place["failure"]) for place in document["places"]),
        )

    print_result(document, as_json, render)
    if not document["ok"]:
        raise typer.Exit(1)


async def _push_once(
    signer: HeadSigner, ledger: Ledger, places: Sequence[HeadPlace], sign: Sign
) -> dict[str, Any]:
    try:
        await sign(signer, ledger)
    finally:
        # What was signed before leaves also when the present history is refused.
        rows = [await _push_to(signer, place) for place in places]
    last = signer.state.last
    return {
        "ok": not any(row["failure"] for row in rows),
        "last": _describe_head(last) if last else {},
        "places": rows,
    }


async def _push_to(signer: HeadSigner, place: HeadPlace) -> dict[str, Any]:
    try:
        pushed = await push_due(signer, place, now_ms)
    except PushFailed as error:
        return {"place": place.name, "pushed": 0, "failure": error.why}
    return {"place": place.name, "pushed": pushed, "failure": None}


def _describe(state: SignerState, places: Sequence[str]) -> dict[str, Any]:
    rows = []
    for name in places:
        record = state.places.get(name)
        rows.append(
            {
                "place": name,
                "through": format_rfc3339(record.through if record and record.through else None),
                "pushed_at": format_rfc3339(record.pushed_at if record else None),
                "waiting": len(state.list_due(name)),
                "failure": record.failure if record else None,
            }
        )
    return {
        "ok": state.refusal is None and not any(row["failure"] for row in rows),
        "last": _describe_head(state.last) if state.last else None,
        "proven_at": format_rfc3339(state.proven_at or None),
        "refused": state.refusal,
        "places": rows,
    }


def _describe_head(head: SignedHead) -> dict[str, Any]:
    statement = head.statement
    ends = {chain: f"{seq}:{row_hash}" for chain, (seq, row_hash) in statement.heads.items()}
    return {"ledger": statement.ledger, "at": format_rfc3339(statement.at), **ends}
