"""`veritem audit`: search the audit log, check the hash chains of the ledger."""

import re
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Final

import typer

from cli.context import ConfigFile, open_installation, run_async
from cli.known_heads import load_known_heads
from cli.output import (
    CommandRefused,
    Json,
    format_local_time,
    print_fields,
    print_line,
    print_result,
    print_table,
    print_warning,
)
from cli.settings import read_settings
from cli.use_cases import call_service
from ledger import AuditReport
from services.audit_log import AuditQuery, search_audit

app = typer.Typer(no_args_is_help=True, help="The audit log and its hash chains.")

_HEAD: Final = re.compile(r"(\d+):([0-9a-f]{64})")

Head = Annotated[
    str | None,
    typer.Option(metavar="SEQ:HASH", help="A head that an earlier run printed."),
]
SignedHeads = Annotated[
    str | None,
    typer.Option(
        "--head",
        metavar="FILE",
        help="Signed heads as a place keeps them (a folder, JSONL, a saved mail); or SEQ:HASH.",
    ),
]


@app.callback()
def _group() -> None:
    """The audit log and its hash chains."""


@app.command("search")
def search(
    person: Annotated[str, typer.Option(help="The account that acted.")] = "",
    act: Annotated[str, typer.Option(help="An act, or a family of acts: staff.")] = "",
    subject: Annotated[str, typer.Option(help="What it was about: staff:mai.")] = "",
    since: Annotated[str, typer.Option(help="The first day: 2026-11-27.")] = "",
    until: Annotated[str, typer.Option(help="The last day.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Entries at most.")] = 50,
    after: Annotated[str | None, typer.Option(help="The cursor of the page before.")] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Show who did what, the newest first."""
    query = AuditQuery(person, act, subject, since, until)
    page = call_service(file, lambda c: search_audit(c, query, limit=limit, after=after))
    print_result(
        {"entries": [asdict(entry) for entry in page.items], "next": page.next},
        as_json,
        lambda: print_table(
            "Audit log",
            ("number", "at", "person", "act", "subject"),
            (
                (one.seq, format_local_time(one.at), one.actor, one.action, one.subject)
                for one in page.items
            ),
        ),
    )


@app.command()
def verify(
    head: SignedHeads = None,
    audit_head: Head = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Recompute both hash chains and every batch; print each row that was edited or removed.

    With `--head` every signed head of the file or folder must be in the chains: whoever owns the
    database can rewrite all of it, and not what was signed and pushed before. Without it the
    folder of the settings is used, if there is one. Exits with 1 when a check fails.
    """
    noted = _parse_head(head) if head is not None and _HEAD.fullmatch(head) else None
    known_audit = _parse_head(audit_head)
    path = Path(head) if head is not None and noted is None else None
    if path is not None and not path.exists():
        why = "a head is SEQ:HASH as verify prints it, or a file of signed heads"
        raise CommandRefused(why=f"{why}; there is no {head!r}")
    known = load_known_heads(read_settings(file), path)
    signed = [pushed.statement for pushed in known.in_force]

    async def verify_ledger() -> AuditReport:
        async with open_installation(file) as (_, ledger):
            return await ledger.audit.verify(noted, audit_head=known_audit, signed=signed)

    report = run_async(verify_ledger())
    document = {
        "ok": report.ok,
        "transitions": report.transitions,
        "audit": report.audits,
        "batches": report.batches,
        "head": _format_head(report.head),
        "audit_head": _format_head(report.audit_head),
        "signed_heads": len(signed),
        "heads_set_aside": known.set_aside,
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
                "signed heads": len(signed) or "none known, see docs/heads.md",
            },
        )
        for why in known.set_aside:
            print_warning(why)
        for problem in report.problems:
            print_line(("•", "bold red"), f" {problem}")

    print_result(document, as_json, render)
    if not report.ok:
        raise typer.Exit(1)


def _parse_head(text: str | None) -> tuple[int, str] | None:
    if text is None:
        return None
    found = _HEAD.fullmatch(text)
    if found is None:
        raise CommandRefused(why=f"a head is SEQ:HASH as verify prints it, not {text!r}")
    return int(found[1]), found[2]


def _format_head(head: tuple[int, str]) -> str:
    return f"{head[0]}:{head[1]}"
