"""The `veritem` command: finds the command's module, runs it, and says refusals in one line.

Only the module of the command that was asked for is imported. That starts faster, and it is a
wall: `veritem resolver` faces the world in a process that has never loaded the room that signs.
"""

import sys
from importlib import import_module
from typing import Final, NamedTuple

import typer

from cli.output import quiet_logs, refusal
from config import SettingsError
from stamps.errors import VeritemError

VERSION: Final = "0.1.0"


class Command(NamedTuple):
    """Where a command is: its panel in the help, its module, and the function in it or (None)
    the group `app`.
    """

    panel: str
    module: str
    function: str | None = None


_LIFE: Final = "A stamp's life"
_SERVICE: Final = "The service"
_PROOF: Final = "Evidence and proof"

COMMANDS: Final[dict[str, Command]] = {
    "demo": Command(_SERVICE, "cli.demo", "demo"),
    "init": Command(_SERVICE, "cli.init", "init"),
    "keys": Command(_SERVICE, "cli.keys"),
    "serve": Command(_SERVICE, "cli.serving", "serve"),
    "resolver": Command(_SERVICE, "cli.serving", "resolver"),
    "desk": Command(_SERVICE, "cli.desk", "desk"),
    "recorder": Command(_SERVICE, "cli.serving", "recorder"),
    "backup": Command(_SERVICE, "cli.backups", "backup"),
    "restore": Command(_SERVICE, "cli.backups", "restore"),
    "staff": Command(_SERVICE, "cli.staff"),
    "registry": Command(_LIFE, "cli.registry"),
    "order": Command(_LIFE, "cli.orders"),
    "batch": Command(_LIFE, "cli.batches"),
    "print": Command(_LIFE, "cli.prints", "print_"),
    "lot": Command(_LIFE, "cli.lots"),
    "stamps": Command(_LIFE, "cli.stamps"),
    "verify": Command(_PROOF, "cli.verify", "verify"),
    "alerts": Command(_PROOF, "cli.alerts"),
    "scanning": Command(_PROOF, "cli.scanning", "scanning"),
    "audit": Command(_PROOF, "cli.audit"),
    "replay": Command(_PROOF, "cli.replay", "replay"),
}
"""All commands, as the help shows them."""


def command_line(arguments: list[str]) -> typer.Typer:
    """Build the command line for these arguments: one command, or all of them for the help."""
    app = typer.Typer(
        name="veritem",
        help="Electronic authentication stamps: issued, printed, activated, scanned, judged.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_root)
    asked = next((word for word in arguments if not word.startswith("-")), None)
    for name, command in COMMANDS.items():
        if asked in COMMANDS and asked != name:
            continue
        module = import_module(command.module)
        if command.function is None:
            app.add_typer(module.app, name=name, rich_help_panel=command.panel)
        else:
            app.command(name, rich_help_panel=command.panel)(getattr(module, command.function))
    return app


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"veritem {VERSION}")
        raise typer.Exit


def _root(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Show the version and exit."
    ),
) -> None:
    """Electronic authentication stamps: issued, printed, activated, scanned, judged."""


def main() -> None:
    """Run the command line; exit 1 when refused, 2 when it was called wrongly, 130 on Ctrl-C."""
    arguments = sys.argv[1:]
    quiet_logs()
    as_json = "--json" in arguments
    try:
        command_line(arguments)()
    except SettingsError as error:
        refusal(error, as_json)
        sys.exit(2)
    except VeritemError as error:
        refusal(error, as_json)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # Whoever read our answer has left (`| head`): nothing more to say, and nobody to say it to.
        sys.stderr.close()
        sys.exit(1)


__all__ = ["COMMANDS", "command_line", "main"]
