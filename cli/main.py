"""The `veritem` command: imports the module of a command, runs it, prints refusals in one line.

Only the module of the given command is imported. It starts faster, and `veritem resolver` runs in
a process that has never loaded `issuer`, which signs.
"""

import os
import sys
from importlib import import_module
from typing import Final, NamedTuple

import typer

from cli.output import log_errors_only, print_refusal, replace_unencodable_characters
from config import SettingsError
from stamps.errors import VeritemError

VERSION: Final = "0.1.0"


class Command(NamedTuple):
    """A command: its panel in the help, its module, and its function; None for the group `app`."""

    panel: str
    module: str
    function: str | None = None


_SUMMARY: Final = "Authentication stamps for farm produce: issue, print, activate, verify, judge."
_LIFE: Final = "A stamp's life"
_SERVICE: Final = "The service"
_PROOF: Final = "Evidence and proof"

COMMANDS: Final[dict[str, Command]] = {
    "demo": Command(_SERVICE, "cli.demo", "demo"),
    "sandbox": Command(_SERVICE, "cli.sandbox", "sandbox"),
    "init": Command(_SERVICE, "cli.init", "init"),
    "sign-in": Command(_SERVICE, "cli.sign_in", "sign_in"),
    "sign-out": Command(_SERVICE, "cli.sign_in", "sign_out"),
    "keys": Command(_SERVICE, "cli.keys"),
    "serve": Command(_SERVICE, "cli.serving", "serve"),
    "resolver": Command(_SERVICE, "cli.serving", "resolver"),
    "desk": Command(_SERVICE, "cli.desk", "desk"),
    "recorder": Command(_SERVICE, "cli.serving", "recorder"),
    "claims": Command(_SERVICE, "cli.serving", "claims"),
    "notices": Command(_SERVICE, "cli.notices"),
    "webhooks": Command(_SERVICE, "cli.webhooks"),
    "backup": Command(_SERVICE, "cli.backups", "backup"),
    "backups": Command(_SERVICE, "cli.scheduled_backups"),
    "restore": Command(_SERVICE, "cli.backups", "restore"),
    "photos": Command(_SERVICE, "cli.photos"),
    "generation": Command(_SERVICE, "cli.generation"),
    "staff": Command(_SERVICE, "cli.staff"),
    "organisation": Command(_SERVICE, "cli.organisations"),
    "actors": Command(_SERVICE, "cli.actors"),
    "token": Command(_SERVICE, "cli.tokens"),
    "session": Command(_SERVICE, "cli.staff_sessions"),
    "registry": Command(_LIFE, "cli.registry"),
    "quality": Command(_PROOF, "cli.quality", "show_report"),
    "catalogues": Command(_PROOF, "cli.catalogues"),
    "proposals": Command(_LIFE, "cli.proposals"),
    "order": Command(_LIFE, "cli.orders"),
    "batch": Command(_LIFE, "cli.batches"),
    "print": Command(_LIFE, "cli.prints", "print_"),
    "lot": Command(_LIFE, "cli.lots"),
    "review": Command(_LIFE, "cli.reviews"),
    "province": Command(_LIFE, "cli.product_lists"),
    "links": Command(_LIFE, "cli.links"),
    "stamps": Command(_LIFE, "cli.stamps"),
    "cartons": Command(_LIFE, "cli.cartons"),
    "verify": Command(_PROOF, "cli.verify", "verify"),
    "alerts": Command(_PROOF, "cli.alerts"),
    "hearings": Command(_PROOF, "cli.hearings"),
    "reports": Command(_PROOF, "cli.reports"),
    "minutes": Command(_PROOF, "cli.minutes"),
    "field": Command(_PROOF, "cli.field"),
    "detection": Command(_PROOF, "cli.detection"),
    "figures": Command(_PROOF, "cli.figures"),
    "gs1": Command(_PROOF, "cli.gs1", "gs1"),
    "epcis": Command(_PROOF, "cli.epcis"),
    "diary": Command(_LIFE, "cli.diary"),
    "mentions": Command(_PROOF, "cli.mentions"),
    "trace": Command(_PROOF, "cli.traces", "show_trace"),
    "audit": Command(_PROOF, "cli.audit"),
    "heads": Command(_PROOF, "cli.heads"),
    "replay": Command(_PROOF, "cli.replay", "replay"),
}
"""All commands, in the order of the help."""


def build_command_line(arguments: list[str]) -> typer.Typer:
    """The command line for these arguments: the named command alone, or all for the help."""
    app = typer.Typer(
        name="veritem",
        help=_SUMMARY,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_root)
    named = next((word for word in arguments if not word.startswith("-")), None)
    for name, command in COMMANDS.items():
        if named in COMMANDS and named != name:
            continue
        module = import_module(command.module)
        if command.function is None:
            app.add_typer(module.app, name=name, rich_help_panel=command.panel)
        else:
            app.command(name, rich_help_panel=command.panel)(getattr(module, command.function))
    return app


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"veritem {VERSION}")
        raise typer.Exit


def _root(
    version: bool = typer.Option(
        False,
        "--version",
        callback=_print_version,
        is_eager=True,
        help="Show the version and exit.",
    ),
) -> None:
    """Authentication stamps for farm produce."""


def main() -> None:
    """Run the command line; exit 1 if refused, 2 for wrong arguments or settings, 130 on Ctrl-C."""
    arguments = sys.argv[1:]
    log_errors_only()
    replace_unencodable_characters()
    as_json = "--json" in arguments
    # What a command writes is for its user alone, also where a module below sets no mode.
    umask = os.umask(0o077)
    try:
        build_command_line(arguments)()
    except SettingsError as error:
        print_refusal(error, as_json)
        sys.exit(2)
    except VeritemError as error:
        print_refusal(error, as_json)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # The reader closed the pipe (`| head`); Python must not flush into it again at its exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    finally:
        os.umask(umask)


__all__ = ["COMMANDS", "build_command_line", "main"]
