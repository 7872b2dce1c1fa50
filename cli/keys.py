"""`veritem keys`: the epochs that seal and sign, made, rotated and retired."""

from pathlib import Path
from typing import Annotated

import orjson
import typer

from cli.context import Actor, ConfigFile, record
from cli.output import Json, asides, facts, say, table, when
from cli.settings import Settings, read_settings
from issuer.keystore import DEMO_PASSPHRASES, KeyStore, Passphrases
from stamps.timestamps import format_rfc3339

app = typer.Typer(no_args_is_help=True, help="Keys: the epochs that seal and sign stamps.")


def read_passphrases(settings: Settings) -> Passphrases:
    """The passphrases of the settings; empty where none is set."""
    return Passphrases(
        settings.keys.opening_passphrase.get_secret_value(),
        settings.keys.signing_passphrase.get_secret_value(),
    )


def passphrases(settings: Settings) -> Passphrases:
    """The two passphrases, from the environment; a demo store's are known to everybody."""
    given = read_passphrases(settings)
    if given == Passphrases("", "") and KeyStore(settings.keys.directory).demo:
        return DEMO_PASSPHRASES
    return given


def key_store(settings: Settings) -> KeyStore:
    """The key store of the settings; says so aloud when it holds demo keys."""
    store = KeyStore(settings.keys.directory)
    for warning in store.list_warnings():
        asides.print(
            f"[black on yellow] ! [/] [yellow]{warning}[/]", highlight=False, soft_wrap=True
        )
    return store


@app.command()
def create(file: ConfigFile = None, as_json: Json = False) -> None:
    """Make a key store with its first epoch.

    The passphrases come from VERITEM_KEYS_OPENING_PASSPHRASE and VERITEM_KEYS_SIGNING_PASSPHRASE
    (or …_FILE naming a file).
    """
    settings = read_settings(file)
    given = read_passphrases(settings)
    store = KeyStore.create(settings.keys.directory, given)
    _show(store, f"Made {store.directory}", as_json)


@app.command("list")
def list_(file: ConfigFile = None, as_json: Json = False) -> None:
    """List the epochs: which seals, which open, which are retired."""
    _show(key_store(read_settings(file)), "Keys", as_json)


@app.command()
def rotate(actor: Actor, file: ConfigFile = None, as_json: Json = False) -> None:
    """Make a new epoch; new batches are sealed with it, old codes still open."""
    settings = read_settings(file)
    store = key_store(settings)
    epoch = store.rotate(passphrases(settings))
    record(file, actor, "keys.rotate", f"epochs:{epoch}", {})
    _show(store, f"Epoch {epoch} seals from now on", as_json)


@app.command()
def retire(
    epoch: Annotated[int, typer.Argument(help="The epoch whose codes are no longer to open.")],
    actor: Actor,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Erase an epoch's secrets. Its stamps will be unknown, for ever."""
    settings = read_settings(file)
    store = key_store(settings)
    if not yes:
        typer.confirm(
            f"No stamp of epoch {epoch} will ever open again. Go on?", abort=True, err=True
        )
    store.retire(epoch, passphrases(settings))
    record(file, actor, "keys.retire", f"epochs:{epoch}", {})
    _show(store, f"Epoch {epoch} is retired", as_json)


@app.command()
def public(
    out: Annotated[Path | None, typer.Option(help="Write to this file.")] = None,
    file: ConfigFile = None,
) -> None:
    """Print the public keys, a JWK set: what `veritem verify --offline --keys` takes."""
    document = orjson.dumps(
        key_store(read_settings(file)).load_public_keys().to_jwks(), option=orjson.OPT_INDENT_2
    )
    if out is None:
        typer.echo(document)
    else:
        out.write_bytes(document + b"\n")


def _show(store: KeyStore, title: str, as_json: bool) -> None:
    epochs = store.epochs()
    document = {
        "directory": str(store.directory),
        "demo": store.demo,
        "epochs": [
            {
                "epoch": epoch.epoch,
                "created_at": format_rfc3339(epoch.created_at),
                "retired_at": format_rfc3339(epoch.retired_at),
                "seals": epoch is epochs[-1],
            }
            for epoch in epochs
        ],
    }

    def lines() -> None:
        facts(title, {"folder": store.directory})
        table(
            "Epochs",
            ("epoch", "made", "retired", ""),
            (
                (
                    str(e.epoch),
                    when(e.created_at),
                    when(e.retired_at),
                    "seals" if e is epochs[-1] else "",
                )
                for e in epochs
            ),
        )

    say(document, as_json, lines)
