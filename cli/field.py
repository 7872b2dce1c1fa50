"""`veritem field`: checks in the field: stamps, findings, phones, and the list they carry."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Final, TypeVar

import typer

from cli.context import (
    ConfigFile,
    IdempotencyKey,
    SignedInAs,
    get_user_name,
    open_installation,
    run_async,
)
from cli.keys import open_issuer
from cli.output import Json, format_local_time, print_fields, print_result, print_table
from cli.output_file import write_output_file
from cli.settings import Settings
from cli.use_cases import call_issuing_service, call_service
from ledger.field.field_findings import Finding, FindingKind, FindingWish, finding_from_row
from ledger.field.field_phones import FieldPhone
from ledger.field.field_snapshots import StoredSnapshot
from ledger.ledger import now_ms
from services.alerts.field_history import FindingFile
from services.context import ServiceContext
from services.documents.field import (
    describe_finding,
    describe_finding_file,
    describe_phone,
    describe_record,
    describe_snapshot,
)
from services.field import field_checks, field_findings, field_phones
from services.field.field_checks import FieldRecord, OwnHosts, OwnHostsCache
from services.field.field_findings import NewFinding
from services.field.field_snapshots import SnapshotMaker
from services.lists.cases import FINDINGS
from services.lists.description import ListPage, ListRequest
from services.lists.find import find_list_page
from stamps import serial_range

app = typer.Typer(no_args_is_help=True, help="Checks in the field, also without a network.")

T = TypeVar("T")

_STATES: Final = ("open", "handled")
StampText = Annotated[
    str, typer.Argument(metavar="TEXT", help="A code, an address or the text of a symbol.")
]
FindingId = Annotated[str, typer.Argument(metavar="FINDING", help="The id in `field findings`.")]


@app.command("check")
def check_stamp(
    text: StampText, actor: SignedInAs, file: ConfigFile = None, as_json: Json = False
) -> None:
    """Check a stamp that you hold; it is logged under your name and counts as no scan."""

    async def check(context: ServiceContext, own: OwnHosts) -> FieldRecord:
        return await field_checks.check_stamp(context, text, own)

    record = _call(file, check, actor)
    print_result(describe_record(record), as_json, lambda: _render_record(record))


@app.command("findings")
def list_findings(
    state: Annotated[
        str | None,
        typer.Option(help=f"One of: {', '.join(_STATES)}.", show_default="open"),
    ] = None,
    kind: Annotated[FindingKind | None, typer.Option(help="Only findings of this kind.")] = None,
    province: Annotated[str | None, typer.Option(help="The two-digit code of a province.")] = None,
    search: Annotated[str, typer.Option(help="A stamp, a host or an account.")] = "",
    after: Annotated[str | None, typer.Option(help="`next` of the page before.")] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """List findings of inspectors, the newest first."""
    chosen = {"state": state, "kind": kind, "province": province}
    asked = ListRequest(
        search=search,
        filters={name: (value,) for name, value in chosen.items() if value is not None},
        after=after,
    )

    async def find(context: ServiceContext) -> ListPage:
        return await find_list_page(context, FINDINGS, asked)

    page = call_service(file, find)
    found = [finding_from_row(row) for row in page.rows]
    print_result(
        {"findings": [describe_finding(one) for one in found], "next": page.next},
        as_json,
        lambda: print_table(
            "Findings",
            ("finding", "kind", "about", "found", "by", "state", "wish"),
            (
                (
                    one.id,
                    one.kind,
                    _name_subject(one),
                    format_local_time(one.found_at),
                    one.actor,
                    one.state,
                    one.wish,
                )
                for one in found
            ),
        ),
    )


@app.command("finding")
def show_finding(
    finding: FindingId, actor: SignedInAs, file: ConfigFile = None, as_json: Json = False
) -> None:
    """Show a finding with the hashes of its photos."""
    found = call_service(file, lambda c: field_findings.get_finding(c, finding), actor=actor)
    print_result(describe_finding_file(found), as_json, lambda: _render_finding(found))


@app.command("report")
def report_finding(
    text: StampText,
    kind: Annotated[FindingKind, typer.Option(help="What was found.")],
    actor: SignedInAs,
    key: IdempotencyKey,
    note: Annotated[str | None, typer.Option(help="What you saw, in your words.")] = None,
    wish: Annotated[
        FindingWish | None,
        typer.Option(help="What should be done; `suspend` is done at once."),
    ] = None,
    province: Annotated[
        str | None, typer.Option(help="The two-digit code of the province.")
    ] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Report a finding about a stamp, or about an address or code that is none of ours."""
    new = NewFinding(kind=kind, typed=text, note=note, wish=wish, province=province)

    async def add(context: ServiceContext, own: OwnHosts) -> FindingFile:
        return FindingFile(await field_findings.add_finding(context, new, own, key))

    made = _call(file, add, actor)
    print_result(describe_finding(made.finding), as_json, lambda: _render_finding(made))


@app.command("handle")
def handle_finding(
    finding: FindingId,
    note: Annotated[str, typer.Argument(metavar="TEXT", help="What was done.")],
    actor: SignedInAs,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Close a finding with what was done."""
    handled = call_service(
        file, lambda c: field_findings.handle_finding(c, finding, note), actor=actor
    )
    print_result(describe_finding(handled), as_json, lambda: _render_finding(FindingFile(handled)))


@app.command("phones")
def list_phones(
    actor: SignedInAs,
    account: Annotated[
        str | None, typer.Option("--of", help="Another account.", show_default="your own")
    ] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """List the phones of an account."""
    phones = call_service(file, lambda c: field_phones.list_phones(c, account), actor=actor)
    print_result(
        {"phones": [describe_phone(one) for one in phones]},
        as_json,
        lambda: print_table(
            "Phones",
            ("phone", "name", "added", "last seen", "shut out"),
            (
                (
                    one.id,
                    one.label,
                    format_local_time(one.added_at),
                    format_local_time(one.seen_at),
                    None if one.shut_at is None else format_local_time(one.shut_at),
                )
                for one in phones
            ),
        ),
    )


@app.command("shut-out")
def shut_out_phone(
    phone: Annotated[str, typer.Argument(metavar="PHONE", help="The id in `field phones`.")],
    actor: SignedInAs,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Shut a lost phone out: its session ends, and it erases what it keeps at its next contact."""
    shut = call_service(file, lambda c: field_phones.shut_out(c, phone), actor=actor)
    print_result(describe_phone(shut), as_json, lambda: _render_phone(shut))


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


def _call(
    file: Path | None,
    use_case: Callable[[ServiceContext, OwnHosts], Awaitable[T]],
    actor: str,
) -> T:
    """Call a use case that reads codes of our own addresses."""

    async def run(context: ServiceContext, settings: Settings) -> T:
        printing = settings.printing
        cache = OwnHostsCache(context.ledger, now_ms, printing.host, printing.scheme)
        return await use_case(context, await cache.find())

    return call_issuing_service(file, run, actor=actor)


def _name_subject(finding: Finding) -> str:
    if finding.stamp is None:
        return finding.host or finding.typed[:40]
    batch, index = finding.stamp
    return serial_range.format_serial_range(batch, index, index + 1)


def _render_record(record: FieldRecord) -> None:
    parties = record.parties
    packer = None if parties is None else parties.packer
    print_fields(
        f"Stamp {record.name}: {record.span.state}",
        {
            "reason": record.span.reason,
            "signature": record.signature,
            "expired": "yes" if record.is_expired else None,
            "lot": record.span.lot,
            "packer": None if packer is None else packer.name,
            "cases": ", ".join(str(alert.id) for alert in record.alerts) or None,
            "findings": ", ".join(one.id for one in record.findings) or None,
        },
    )


def _render_finding(file: FindingFile) -> None:
    one = file.finding
    print_fields(
        f"Finding {one.id}: {one.kind}, {one.state}",
        {
            "about": _name_subject(one),
            "symbol": one.typed,
            "found": format_local_time(one.found_at),
            "by": one.actor,
            "note": one.note,
            "wish": one.wish,
            "outcome": one.outcome,
            "province": one.province,
            "photos (SHA-256)": ", ".join(file.photos) or None,
            "handled": one.handled_note,
        },
    )


def _render_phone(phone: FieldPhone) -> None:
    print_fields(
        f"Phone {phone.id} is shut out",
        {"name": phone.label, "account": phone.account, "by": phone.shut_by},
    )
