"""`veritem keys`: the key store and its epochs."""

from pathlib import Path
from typing import Annotated

import orjson
import typer

from cli.context import (
    ConfigFile,
    IdempotencyKey,
    SignedInAs,
    get_user_name,
    open_installation,
    run_async,
)
from cli.key_approvals import carry_out_or_propose
from cli.known_heads import HeadFile, find_newest_head, load_known_heads
from cli.numbers import parse_number
from cli.output import (
    CommandRefused,
    Json,
    format_local_time,
    print_fields,
    print_result,
    print_table,
    print_warning,
)
from cli.output_file import write_output_file
from cli.settings import Settings, read_settings
from issuer import Issuer, NumberMark
from issuer.key_upgrade import inspect_old_store, upgrade_store
from issuer.keystore import DEMO_PASSPHRASES, KeyStore, NoKeyStore, Passphrases
from ledger import Ledger
from ledger.storage.urls import get_sqlite_path
from services.proposals.proposal_kinds import KEYS_RETIRE, KEYS_ROTATE
from stamps.demo_keys import check_demo_addresses
from stamps.timestamps import format_rfc3339

app = typer.Typer(no_args_is_help=True, help="Keys: the epochs that seal and sign stamps.")


def read_passphrases(settings: Settings) -> Passphrases:
    """The passphrases of the settings; empty where none is set."""
    keys = settings.keys
    return Passphrases(
        masters=keys.masters_passphrase.get_secret_value(),
        signing=keys.signing_passphrase.get_secret_value(),
        opening=keys.opening_passphrase.get_secret_value(),
        claims=keys.claims_passphrase.get_secret_value(),
    )


def find_passphrases(settings: Settings) -> Passphrases:
    """The passphrases of the settings; for a demo store without any, the published ones."""
    given = read_passphrases(settings)
    if given == Passphrases() and KeyStore(settings.keys.directory).demo:
        return DEMO_PASSPHRASES
    return given


def open_key_store(settings: Settings) -> KeyStore:
    """The key store of the settings; prints its warnings, as for demo keys."""
    store = KeyStore(settings.keys.directory)
    store.narrow_files()
    for warning in store.list_warnings():
        print_warning(str(warning))
    return store


def open_issuer(settings: Settings, ledger: Ledger) -> Issuer:
    """The issuer with its keys decrypted. Raises `DemoKeysRefused` for a public printed host."""
    store, passphrases = open_key_store(settings), find_passphrases(settings)
    if store.demo:
        check_demo_addresses((settings.printing.host,))
    return Issuer(
        ledger,
        store.open_stamp_keys(passphrases.masters),
        store.open_signer(passphrases.signing),
        open_number_mark(settings),
    )


def open_number_mark(settings: Settings) -> NumberMark:
    """The mark of batch numbers beside the keys; the newest head that was pushed raises it."""
    newest = find_newest_head(settings)
    return NumberMark(settings.keys.directory, newest.statement.batches if newest else 0)


@app.command("create")
def create_key_store(file: ConfigFile = None, as_json: Json = False) -> None:
    """Create a key store with its first epoch.

    The passphrases come from VERITEM_KEYS_MASTERS_PASSPHRASE, …_SIGNING_…, …_OPENING_… and
    …_CLAIMS_… (or …_FILE naming a file).
    """
    settings = read_settings(file)
    store = KeyStore.create(settings.keys.directory, read_passphrases(settings))
    _print_store(store, f"Created {store.directory}", as_json)


@app.command("list")
def list_(file: ConfigFile = None, as_json: Json = False) -> None:
    """List the epochs: which one seals, which are retired."""
    _print_store(open_key_store(read_settings(file)), "Keys", as_json)


@app.command()
def rotate(
    actor: SignedInAs, key: IdempotencyKey, file: ConfigFile = None, as_json: Json = False
) -> None:
    """Add an epoch. It seals new batches; the codes of earlier epochs stay valid.

    The first call proposes it; once another person has approved, the same call does it.
    """
    settings = read_settings(file)
    store = open_key_store(settings)
    present = store.epochs()[-1].epoch

    def add_epoch(epoch: int) -> None:
        if (
            store.epochs()[-1].epoch < epoch
        ):  # else it was added, and the command was killed right after
            store.rotate(find_passphrases(settings))

    # The epoch that seals may be the result of an approval that was not marked as used.
    epochs = (present, present + 1)
    epoch = carry_out_or_propose(file, actor, key, KEYS_ROTATE, epochs, add_epoch, as_json=as_json)
    if epoch is not None:
        _print_store(store, f"Epoch {epoch} seals from now on", as_json)


@app.command()
def retire(
    epoch: Annotated[int, typer.Argument(help="The epoch whose codes become unknown.")],
    actor: SignedInAs,
    key: IdempotencyKey,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Erase an epoch's secrets. Its stamps are unknown from then on, irreversibly.

    The first call proposes it; once another person has approved, the same call does it.
    """
    settings = read_settings(file)
    store = open_key_store(settings)
    if not yes:
        question = f"All stamps of epoch {epoch} become unknown, irreversibly. Continue?"
        typer.confirm(question, abort=True, err=True)

    def erase(retired: int) -> None:
        store.retire(retired, find_passphrases(settings))

    done = carry_out_or_propose(file, actor, key, KEYS_RETIRE, (epoch,), erase, as_json=as_json)
    if done is not None:
        _print_store(store, f"Epoch {epoch} is retired", as_json)


@app.command()
def upgrade(file: ConfigFile = None, as_json: Json = False) -> None:
    """Rewrite a key store of an earlier version; all codes, PINs and signatures stay good.

    Set VERITEM_KEYS_MASTERS_PASSPHRASE and VERITEM_KEYS_CLAIMS_PASSPHRASE to new passphrases first;
    the other two files keep theirs. Cut off at any moment, it can be repeated. Then copy
    `opening.json` to resolvers and recorders, and `claims.json` to the claim service alone.
    """
    settings = read_settings(file)
    directory, passphrases = settings.keys.directory, read_passphrases(settings)
    old = inspect_old_store(directory)
    if old is None:
        _print_store(open_key_store(settings), "Nothing to upgrade", as_json)
        return
    if old.demo and passphrases == Passphrases():
        passphrases = DEMO_PASSPHRASES
    upgrade_store(directory, passphrases)
    _audit(file, "keys.upgrade", old.active_epochs[-1])
    _print_store(open_key_store(settings), f"Upgraded {directory}", as_json)


@app.command()
def public(
    out: Annotated[Path | None, typer.Option(help="Write to this file.")] = None,
    file: ConfigFile = None,
) -> None:
    """Print the public keys, a JWK set, for `veritem verify --offline --keys`."""
    jwks = open_key_store(read_settings(file)).load_public_keys().to_jwks()
    document = orjson.dumps(jwks, option=orjson.OPT_INDENT_2)
    if out is None:
        typer.echo(document)
    else:
        write_output_file(out, document + b"\n")


@app.command()
def numbers(
    at_least: Annotated[
        int | None,
        typer.Option(
            metavar="BATCH",
            help="The highest batch that is known to be printed.",
            parser=parse_number,
        ),
    ] = None,
    head: HeadFile = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Make the mark of used batch numbers again, from ledger and pushed heads. It never falls.

    Without pushed heads `--at-least` is needed: only a person knows what the print houses have.
    """
    settings = read_settings(file)
    if not KeyStore(settings.keys.directory).exists():
        raise NoKeyStore(path=str(settings.keys.directory), why="is not there")
    pushed = [known.statement.batches for known in load_known_heads(settings, head).heads]
    if not pushed and at_least is None:
        why = "no heads were pushed, so name the highest batch that was ever issued: --at-least"
        raise CommandRefused(why=why)

    async def find_in_ledger() -> int:
        async with open_installation(file) as (_, ledger):
            return await ledger.batches.find_highest_number()

    in_ledger = run_async(find_in_ledger())
    mark = open_number_mark(settings)
    highest = mark.raise_to(max(in_ledger, at_least or 0, *pushed))
    print_result(
        {"highest": highest, "in_ledger": in_ledger},
        as_json,
        lambda: print_fields(f"The next batch is {highest + 1}", {"mark": mark.path}),
    )


def _audit(file: Path | None, action: str, epoch: int) -> None:
    """Append to the audit log what was done to the key store; without a ledger, do nothing."""
    path = get_sqlite_path(read_settings(file).ledger.url)
    if path is not None and not path.exists():
        return

    async def append() -> None:
        async with open_installation(file) as (_, ledger):
            subject = f"epochs:{epoch}"
            await ledger.audit.append(
                actor=get_user_name(), action=action, subject=subject, details={}
            )

    run_async(append())


def _print_store(store: KeyStore, title: str, as_json: bool) -> None:
    epochs = store.epochs()
    document = {
        "directory": str(store.directory),
        "demo": store.demo,
        "epochs": [
            {
                "epoch": epoch.epoch,
                "created_at": format_rfc3339(epoch.created_at),
                "retired_at": None
                if epoch.retired_at is None
                else format_rfc3339(epoch.retired_at),
                "seals": epoch is epochs[-1],
            }
            for epoch in epochs
        ],
    }

    def render() -> None:
        print_fields(title, {"folder": store.directory})
        print_table(
            "Epochs",
            ("epoch", "created", "retired", ""),
            (
                (
                    str(epoch.epoch),
                    format_local_time(epoch.created_at),
                    format_local_time(epoch.retired_at),
                    "seals" if epoch is epochs[-1] else "",
                )
                for epoch in epochs
            ),
        )

    print_result(document, as_json, render)
