"""`veritem field`: checks in the field: snapshots for phones without a network."""

from pathlib import Path
from typing import Annotated

import typer

from cli.context import ConfigFile, get_user_name, open_installation, run_async
from cli.keys import open_issuer
from cli.output import Json, print_fields, print_result
from cli.output_file import write_output_file
from ledger.field_snapshots import StoredSnapshot
from ledger.ledger import now_ms
from services.documents.field import describe_snapshot
from services.field_snapshots import SnapshotMaker

app = typer.Typer(no_args_is_help=True, help="Checks in the field, also without a network.")


@app.command("snapshot")
def make_snapshot(
    full: Annotated[
        bool, typer.Option("--full", help="List all codes, also where a delta would do.")
    ] = False,
    output: Annotated[Path | None, typer.Option("--out", help="Also write the file here.")] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Make the next snapshot of void, suspended and recalled codes, signed by the issuer."""

    async def make() -> tuple[StoredSnapshot, bytes]:
        async with open_installation(file) as (settings, ledger):
            issuer = open_issuer(settings, ledger)
            printing = settings.printing
            maker = SnapshotMaker(ledger, issuer, now_ms, printing.host, printing.scheme)
            made = await maker.make(get_user_name(), full=full)
            return made, await ledger.field_snapshots.get_content(made.version) or b""

    made, content = run_async(make())
    if output is not None:
        write_output_file(output, content)
    print_result(describe_snapshot(made), as_json, lambda: _render(made))


def _render(made: StoredSnapshot) -> None:
    kind = "all codes" if made.is_full else f"what changed since snapshot {made.base}"
    print_fields(
        f"Snapshot {made.version}: {kind}",
        {"codes listed": made.codes, "bytes": made.size},
    )
