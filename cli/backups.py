"""`veritem backup` and `veritem restore`: a consistent copy of the ledger."""

from pathlib import Path
from typing import Annotated

import typer

from cli.context import ConfigFile, run_async
from cli.output import Json, print_fields, print_result
from cli.settings import read_settings
from ledger import back_up
from ledger import restore as restore_ledger

Copy = Annotated[Path, typer.Argument(metavar="FILE", help="The copy.")]


def backup(target: Copy, file: ConfigFile = None, as_json: Json = False) -> None:
    """Copy the ledger as of one moment, while services run. The copy holds no keys."""
    settings = read_settings(file)
    run_async(back_up(settings.ledger.url, target))
    size = target.stat().st_size
    print_result(
        {"backup": str(target), "bytes": size},
        as_json,
        lambda: print_fields(f"Copied the ledger to {target}", {"bytes": size}),
    )


def restore(source: Copy, file: ConfigFile = None, as_json: Json = False) -> None:
    """Restore a copy where there is no ledger; an existing ledger is never overwritten."""
    settings = read_settings(file)
    run_async(restore_ledger(source, settings.ledger.url))
    print_result(
        {"restored": str(source)},
        as_json,
        lambda: print_fields(f"Restored {source}", {"check it with": "veritem audit verify"}),
    )
