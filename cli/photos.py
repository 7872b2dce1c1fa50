"""`veritem photos`: the photos of lots."""

from typing import Annotated

import typer

from attachments import AttachmentStore
from cli.context import ConfigFile, open_installation, run_async
from cli.output import Json, print_fields, print_result
from services.lots.photo_sweep import LEAST_DAYS, sweep_photos

app = typer.Typer(no_args_is_help=True, help="Photos of lots.")


@app.callback()
def _group() -> None:
    """A group, though it has one command."""


@app.command()
def sweep(
    days: Annotated[
        int, typer.Option(help="Remove photos that nothing has named for so long.", min=LEAST_DAYS)
    ] = 30,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Remove photos that no lot names, such as those of forms that were never sent."""

    async def run() -> list[str]:
        async with open_installation(file) as (settings, ledger):
            store = AttachmentStore(settings.attachments.directory)
            return await sweep_photos(ledger, store, days=days)

    removed = run_async(run())
    print_result(
        {"removed": removed},
        as_json,
        lambda: print_fields("Photos that nothing names", {"removed": len(removed)}),
    )
