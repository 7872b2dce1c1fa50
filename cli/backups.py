"""`veritem backup` and `veritem restore`: a whole copy of the ledger, taken while it works."""

from pathlib import Path
from typing import Annotated

import typer

from cli.context import ConfigFile, run
from cli.output import Json, facts, say
from cli.settings import read_settings
from ledger import back_up
from ledger import restore as bring_back

Copy = Annotated[Path, typer.Argument(metavar="FILE", help="The copy.")]


def backup(target: Copy, file: ConfigFile = None, as_json: Json = False) -> None:
    """Copy the ledger as it is at one moment; writers go on. The keys are not in it."""
    settings = read_settings(file)
    run(back_up(settings.ledger.url, target))
    size = target.stat().st_size
    say(
        {"backup": str(target), "bytes": size},
        as_json,
        lambda: facts(f"Copied the ledger to {target}", {"bytes": size}),
    )


def restore(source: Copy, file: ConfigFile = None, as_json: Json = False) -> None:
    """Bring a copy back where there is no ledger; never over one."""
    settings = read_settings(file)
    run(bring_back(source, settings.ledger.url))
    say(
        {"restored": str(source)},
        as_json,
        lambda: facts(f"Restored {source}", {"check it with": "veritem audit verify"}),
    )
