"""`veritem audit verify`: check the hash chains of the ledger."""

import re
from typing import Annotated

import typer

from cli.context import ConfigFile, open_installation, run_async
from cli.output import CommandRefused, Json, print_fields, print_line, print_result
from ledger import AuditReport

app = typer.Typer(no_args_is_help=True, help="The audit log and its hash chains.")

Head = Annotated[
    str | None,
    typer.Option(metavar="SEQ:HASH", help="A head that an earlier run printed."),
]


@app.callback()
def _group() -> None:
    """The audit log and its hash chains."""


@app.command()
def verify(
    head: Head = None, audit_head: Head = None, file: ConfigFile = None, as_json: Json = False
) -> None:
    """Recompute both hash chains and every batch; print each row that was edited or removed.

    Exits with 1 when a check fails. Keep the heads where the database's administrators have no
    access, and pass them next time.
    """
    known, known_audit = _parse_head(head), _parse_head(audit_head)

    async def verify_ledger() -> AuditReport:
        async with open_installation(file) as (_, ledger):
            return await ledger.audit.verify(known, audit_head=known_audit)

    report = run_async(verify_ledger())
    document = {
        "ok": report.ok,
        "transitions": report.transitions,
        "audit": report.audits,
        "batches": report.batches,
        "head": _format_head(report.head),
        "audit_head": _format_head(report.audit_head),
        "problems": [{"table": p.table, "row": p.row, "what": p.what} for p in report.problems],
    }

    def render() -> None:
        print_fields(
            "The ledger is intact" if report.ok else "Audit failed",
            {
                "transitions": report.transitions,
                "audit lines": report.audits,
                "batches": report.batches,
                "head": _format_head(report.head),
                "audit head": _format_head(report.audit_head),
            },
        )
        for problem in report.problems:
            print_line(("•", "bold red"), f" {problem}")

    print_result(document, as_json, render)
    if not report.ok:
        raise typer.Exit(1)


def _parse_head(text: str | None) -> tuple[int, str] | None:
    if text is None:
        return None
    found = re.fullmatch(r"(\d+):([0-9a-f]{64})", text)
    if found is None:
        raise CommandRefused(why=f"a head is SEQ:HASH as verify prints it, not {text!r}")
    return int(found[1]), found[2]


def _format_head(head: tuple[int, str]) -> str:
    return f"{head[0]}:{head[1]}"
