"""`veritem registry codes`: growing areas and packing houses with their official codes."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from cli import code_evidence
from cli.context import ConfigFile, SignedInAs, read_input
from cli.output import (
    CommandRefused,
    Json,
    format_local_time,
    print_fields,
    print_line,
    print_result,
    print_table,
)
from cli.use_cases import call_service
from ledger import CodeCondition, RegisteredCode
from ledger.errors import UnknownRow
from ledger.ledger import now_ms
from services import ServiceContext
from services.codes import code_imports, registered_codes
from services.codes.code_imports import ImportPreview
from services.codes.registered_codes import CodeQuery
from services.documents import describe_code, describe_code_change, describe_code_import
from traceability.code_forms import CodeKind
from traceability.code_record import parse_code_record

app = typer.Typer(no_args_is_help=True, help="Registered codes of growing areas, packing houses.")
app.add_typer(code_evidence.app, name="evidence")

Code = Annotated[str, typer.Argument(metavar="CODE", help="As certified: VN-BTPH-036.")]
Reason = Annotated[str, typer.Option(help="Why; packers see it.")]
_SHOWN = 20
"""Lines of an import that are printed for people."""


@app.command("list")
def list_codes(
    search: Annotated[
        str, typer.Argument(metavar="[WORDS]", help="Beginnings of code, name, organisation.")
    ] = "",
    kind: Annotated[CodeKind | None, typer.Option(help="Only these.")] = None,
    organisation: Annotated[str | None, typer.Option(help="Only of this one.")] = None,
    province: Annotated[str | None, typer.Option(help="Two-digit code.")] = None,
    condition: Annotated[CodeCondition | None, typer.Option(help="Only in this one.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 100,
    after: Annotated[str | None, typer.Option(help="`next` of the page before.")] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """List registered codes."""
    query = CodeQuery(
        search=search,
        kind=kind,
        organisation=organisation,
        province=province,
        condition=condition,
    )
    page = call_service(
        file, lambda c: registered_codes.list_codes(c, query, limit=limit, after=after)
    )
    now = now_ms()

    def render() -> None:
        print_table(
            "Registered codes",
            ("code", "kind", "name", "organisation", "condition", "valid until"),
            (
                (
                    row.code,
                    CodeKind(row.kind).words,
                    row.name,
                    row.organisation,
                    row.get_condition(now),
                    row.valid_until,
                )
                for row in page.items
            ),
        )
        if page.next:
            print_line(f"More: --after {page.next}")

    document = {"codes": [describe_code(row, now) for row in page.items], "next": page.next}
    print_result(document, as_json, render)


@app.command("show")
def show_code(code: Code, file: ConfigFile = None, as_json: Json = False) -> None:
    """Show a registered code and its last changes."""

    async def load(context: ServiceContext) -> tuple[RegisteredCode, list[Any]]:
        try:
            row = await registered_codes.get_code(context, code)
        except UnknownRow as unknown:
            similar = await registered_codes.find_similar_codes(context, code)
            if not similar:
                raise
            why = f"{unknown}; registered in similar letters: {', '.join(similar)}"
            raise CommandRefused(why=why) from unknown
        return row, list((await registered_codes.list_history(context, row.code, limit=10)).items)

    row, history = call_service(file, load)
    changes = [describe_code_change(entry) for entry in history]
    document = {**describe_code(row, now_ms()).model_dump(), "history": changes}

    def render() -> None:
        _print_code(row)
        print_table(
            "Changes",
            ("at", "by", "what", "fields"),
            (
                (format_local_time(entry.at), change.by, change.action, ", ".join(change.changed))
                for entry, change in zip(history, changes, strict=True)
            ),
        )

    print_result(document, as_json, render)


@app.command("add")
def add_code(
    code: Code,
    name: Annotated[str, typer.Option(help="What people call it.")],
    kind: Annotated[CodeKind, typer.Option(help="What it is.")],
    actor: SignedInAs,
    organisation: Annotated[str | None, typer.Option(help="Whose it is.")] = None,
    household: Annotated[str | None, typer.Option(help="Its household; not published.")] = None,
    product: Annotated[list[str] | None, typer.Option(help="What it grows or packs.")] = None,
    hectares: Annotated[float | None, typer.Option(help="Its area.")] = None,
    yield_t_per_ha: Annotated[float | None, typer.Option(help="Expected yield, t/ha.")] = None,
    province: Annotated[str | None, typer.Option(help="Two-digit code.")] = None,
    ward: Annotated[str | None, typer.Option(help="Five-digit code.")] = None,
    market: Annotated[list[str] | None, typer.Option(help="Export market: CN, US …")] = None,
    valid_from: Annotated[str | None, typer.Option(help="First day: 2026-01-01.")] = None,
    valid_until: Annotated[str | None, typer.Option(help="Last day: 2027-12-31.")] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Register a code, in force."""
    record = parse_code_record(
        {
            "code": code,
            "name": name,
            "kind": kind,
            "organisation": organisation,
            "household": household,
            "products": product or [],
            "hectares": hectares,
            "yield_t_per_ha": yield_t_per_ha,
            "province": province,
            "ward": ward,
            "markets": market or [],
            "valid_from": valid_from,
            "valid_until": valid_until,
        }
    )
    _change(file, actor, lambda c: registered_codes.add_code(c, record), as_json)


@app.command("suspend")
def suspend_code(
    code: Code, reason: Reason, actor: SignedInAs, file: ConfigFile = None, as_json: Json = False
) -> None:
    """Suspend a code: no stamp is bound under it until it is restored."""
    _change(file, actor, lambda c: registered_codes.suspend_code(c, code, reason), as_json)


@app.command("revoke")
def revoke_code(
    code: Code, reason: Reason, actor: SignedInAs, file: ConfigFile = None, as_json: Json = False
) -> None:
    """Revoke a code."""
    _change(file, actor, lambda c: registered_codes.revoke_code(c, code, reason), as_json)


@app.command("restore")
def restore_code(
    code: Code, reason: Reason, actor: SignedInAs, file: ConfigFile = None, as_json: Json = False
) -> None:
    """Put a suspended or revoked code in force again."""
    _change(file, actor, lambda c: registered_codes.restore_code(c, code, reason), as_json)


@app.command("require")
def require_registration(
    kind: Annotated[CodeKind, typer.Argument(help="Of which kind.")],
    actor: SignedInAs,
    off: Annotated[bool, typer.Option("--off", help="Lots may name any code again.")] = False,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Require that lots name only registered codes of a kind, from now on."""
    call_service(
        file,
        lambda c: registered_codes.require_registration(c, kind, is_required=not off),
        actor=actor,
    )
    what = f"Any {kind.words} may be named." if off else f"Every {kind.words} must be registered."
    print_result({"kind": kind, "required": not off}, as_json, lambda: print_line(what))


@app.command("import")
def preview_import(
    table: Annotated[Path, typer.Argument(metavar="FILE", help="CSV or XLSX.")],
    actor: SignedInAs,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Show what a file would add and change; `apply` applies it."""
    content = read_input(table)
    shown = call_service(
        file, lambda c: code_imports.preview_import(c, content, table.name), actor=actor
    )
    print_result(describe_code_import(shown), as_json, lambda: _print_import(shown))


@app.command("apply")
def apply_import(
    import_id: Annotated[str, typer.Argument(metavar="IMPORT", help="As `import` prints it.")],
    actor: SignedInAs,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Apply exactly what `import` showed, or nothing if the registry changed since."""
    applied = call_service(file, lambda c: code_imports.apply_import(c, import_id), actor=actor)
    counts = applied.counts
    said = f"Added: {counts['added']}. Changed: {counts['changed']}."
    print_result(describe_code_import(applied), as_json, lambda: print_line(said))


def _change(
    file: Path | None,
    actor: str,
    use_case: Callable[[ServiceContext], Awaitable[RegisteredCode]],
    as_json: bool,
) -> None:
    row = call_service(file, use_case, actor=actor)
    print_result(describe_code(row, now_ms()), as_json, lambda: _print_code(row))


def _print_code(row: RegisteredCode) -> None:
    fields = {name: value for name, value in row.content.items() if value not in (None, [], False)}
    lists = {name: ", ".join(v) for name, v in fields.items() if isinstance(v, list)}
    shown = {name.replace("_", " "): value for name, value in {**fields, **lists}.items()}
    print_fields(f"Code {row.code}", {**shown, "condition": row.get_condition(now_ms())})


def _print_import(shown: ImportPreview) -> None:
    print_fields(f"File {shown.file_name}", dict(shown.counts))
    if shown.ignored:
        print_line(f"Columns that are not read: {', '.join(shown.ignored)}")
    rows = [
        (one.line, one.code, "new" if one.is_new else "changed", _describe(one.changed))
        for one in shown.changes[:_SHOWN]
    ]
    rows += [
        (one.line, one.code, "refused", "; ".join(f"{n}: {why}" for n, why in one.flaws.items()))
        for one in shown.refused[:_SHOWN]
    ]
    print_table("Lines", ("line", "code", "", "fields"), rows)
    if shown.missing:
        print_line(f"Registered and not in the file: {', '.join(shown.missing[:_SHOWN])} …")
    if shown.can_apply:
        print_line(f"Apply with: veritem registry codes apply {shown.id}")


def _describe(changed: Any) -> str:
    return "; ".join(f"{name}: {was or '–'} → {now or '–'}" for name, (was, now) in changed.items())
