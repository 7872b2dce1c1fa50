"""`veritem audit verify`: the proof that history is as it was written."""

import re
from typing import Annotated

import typer

from cli.context import ConfigFile, opened, run
from cli.output import Json, Refused, answers, facts, say
from ledger import AuditReport

app = typer.Typer(no_args_is_help=True, help="The chain of what happened, and its proof.")

Head = Annotated[
    str | None,
    typer.Option(metavar="SEQ:HASH", help="A head that was written down elsewhere before."),
]


@app.callback()
def _group() -> None:
    """The chain of what happened, and its proof."""


@app.command()
def verify(
    head: Head = None, audit_head: Head = None, file: ConfigFile = None, as_json: Json = False
) -> None:
    """Recompute both chains and every batch; name any row that was edited, removed or moved.

    Exits with 1 when something does not agree. Write the heads down where the database's
    administrators can not reach, and hand them in next time.
    """
    noted, audit_noted = _read(head), _read(audit_head)

    async def work() -> AuditReport:
        async with opened(file) as (_, ledger):
            return await ledger.audit.verify(noted, audit_head=audit_noted)

    report = run(work())
    document = {
        "ok": report.ok,
        "transitions": report.transitions,
        "audit": report.audits,
        "batches": report.batches,
        "head": _write(report.head),
        "audit_head": _write(report.audit_head),
        "problems": [{"table": p.table, "row": p.row, "what": p.what} for p in report.problems],
    }

    def lines() -> None:
        facts(
            "Everything agrees" if report.ok else "History is not as it was written",
            {
                "transitions": report.transitions,
                "audit lines": report.audits,
                "batches": report.batches,
                "head": _write(report.head),
                "audit head": _write(report.audit_head),
            },
        )
        for problem in report.problems:
            answers.print(f"[bold red]•[/] {problem}", highlight=False, soft_wrap=True)

    say(document, as_json, lines)
    if not report.ok:
        raise typer.Exit(1)


def _read(text: str | None) -> tuple[int, str] | None:
    if text is None:
        return None
    found = re.fullmatch(r"(\d+):([0-9a-f]{64})", text)
    if found is None:
        raise Refused(why=f"a head is SEQ:HASH as verify prints it, not {text!r}")
    return int(found[1]), found[2]


def _write(head: tuple[int, str]) -> str:
    return f"{head[0]}:{head[1]}"
