"""The timeline of a case: what happened to the stamp, its scans, the evidence, what people did."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from desk.pages.hearings import tell_message
from desk.pages.scan_trail import ScanLine
from ledger import AlertEvent, HearingMessage, RecordedTransition, ReportRow
from ledger.alerts.alert_evidence import DETECTOR
from ledger.cartons.carton_rows import RecordedPacking
from services.alerts.alerts import AlertCase
from services.alerts.field_history import FieldCheck, FindingFile
from services.alerts.hearings import HearingFile
from traceability.carton_label import format_label
from web.i18n import Texts, format_day, join_words

_MOST_PLACES: Final = 4
_SCANS: Final = "scan"
_CHECKS: Final = "check"


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One entry: when, what, and who did it."""

    at: int
    kind: str
    """`transition`, `packing`, `scan`, `report`, `hearing`, `check`, `finding`, or an event of the
    alert."""
    title: str
    text: str = ""
    """Text that somebody wrote, or the place."""
    actor: str | None = None
    """Name of the person, or the detector; None for consumers."""
    until: int | None = None
    """When the last of several scans was made."""
    photos: Sequence[str] = ()
    """Addresses of the photos of a note."""


def tell_case(case: AlertCase, lines: Sequence[ScanLine], texts: Texts) -> list[TimelineEntry]:
    """The entries in order of time; scans, and checks, that nothing interrupts are one entry."""
    entries = [
        *(_tell_transition(one, case, texts) for one in case.links.transitions),
        *(_tell_packing(one, case, texts) for one in case.links.packings),
        *(_tell_scan(line) for line in lines),
        *(_tell_event(case, n, event, texts) for n, event in enumerate(case.alert.history, 1)),
        *(_tell_report(report, texts) for report in case.links.reports),
        *(_tell_check(one, case, texts) for one in case.links.field_history.checks),
        *(_tell_finding(one, case, texts) for one in case.links.field_history.findings),
        *(_tell_message(file, one, texts) for file in case.hearings.files for one in file.messages),
    ]
    entries.sort(key=lambda entry: entry.at)
    told: list[TimelineEntry] = []
    for kind, group in groupby(entries, key=lambda entry: entry.kind):
        entries_of = [*group]
        if kind == _SCANS:
            told.append(_join_scans(entries_of, case, texts))
        elif kind == _CHECKS:
            told.append(_join_checks(entries_of, texts))
        else:
            told += entries_of
    return told


def _tell_transition(one: RecordedTransition, case: AlertCase, texts: Texts) -> TimelineEntry:
    parts = [
        texts(f"why.{one.reason}") if one.reason else "",
        texts("stamps.lot", lot=one.lot) if one.lot else "",
    ]
    return TimelineEntry(
        at=one.at if one.acted_at is None else one.acted_at,
        kind="transition",
        title=texts(f"transition.{one.transition}"),
        text=" · ".join(part for part in parts if part),
        actor=case.people.get(one.actor, one.actor),
    )


def _tell_packing(one: RecordedPacking, case: AlertCase, texts: Texts) -> TimelineEntry:
    move = f"cartons.was_{one.action}" if one.cartons else f"cartons.stamp_{one.action}"
    return TimelineEntry(
        at=one.at,
        kind="packing",
        title=texts(move, label=format_label(one.label)),
        actor=case.people.get(one.actor, one.actor),
    )


def _tell_scan(line: ScanLine) -> TimelineEntry:
    return TimelineEntry(at=line.scan.at, kind=_SCANS, title="", text=line.place or "")


def _join_scans(scans: Sequence[TimelineEntry], case: AlertCase, texts: Texts) -> TimelineEntry:
    return TimelineEntry(
        at=scans[0].at,
        kind=_SCANS,
        title=texts.plural(
            "case.scans" if case.scans.is_complete else "case.scans_between", len(scans)
        ),
        text=_join_places([one.text for one in scans if one.text], texts),
        until=scans[-1].at if len(scans) > 1 else None,
    )


def _join_places(places: Iterable[str], texts: Texts) -> str:
    distinct = list(dict.fromkeys(places))
    shown = distinct[:_MOST_PLACES]
    if len(distinct) > len(shown):
        shown.append("…")
    return join_words(shown, texts.language) if shown else ""


def _tell_event(case: AlertCase, n: int, event: AlertEvent, texts: Texts) -> TimelineEntry:
    match event.what:
        case "evidence":
            title = texts("alerts.came")
        case "note":
            title = texts("case.noted")
        case "handover":
            owner = event.owner or ""
            title = texts("case.handed_over", person=case.people.get(owner, owner))
            if event.due_at is not None:
                due = format_day(event.due_at, texts.language)
                title = texts("case.with_due", what=title, day=due)
        case "decision":
            title = texts(f"alerts.{event.state}")
            if event.cause:
                title += f": {texts(f'cause.{event.cause}')}"
    return TimelineEntry(
        at=event.at,
        kind=event.what,
        title=title,
        text=event.note or "",
        actor=texts("case.detector")
        if event.actor == DETECTOR
        else case.people.get(event.actor, event.actor),
        photos=[f"/alerts/{case.alert.id}/notes/{n}/{place}" for place in range(event.photos)],
    )


def _tell_message(file: HearingFile, one: HearingMessage, texts: Texts) -> TimelineEntry:
    party = file.organisation
    if file.organisation_kind is not None:
        party = f"{party} ({texts(f'organisations.{file.organisation_kind}')})"
    title = f"{tell_message(one, texts)}: {party}"
    return TimelineEntry(
        at=one.at,
        kind="hearing",
        title=title,
        text=one.text,
        actor=file.people.get(one.actor, one.actor),
        photos=[f"/hearings/{file.hearing.id}/photos/{one.n}/{n}" for n in range(one.photos)],
    )


def _tell_check(check: FieldCheck, case: AlertCase, texts: Texts) -> TimelineEntry:
    state = texts(f"state.{check.result}")
    return TimelineEntry(
        check.at, _CHECKS, "", text=state, actor=case.people.get(check.actor, check.actor)
    )


def _join_checks(checks: Sequence[TimelineEntry], texts: Texts) -> TimelineEntry:
    people = dict.fromkeys(one.actor for one in checks if one.actor)
    return TimelineEntry(
        at=checks[0].at,
        kind=_CHECKS,
        title=texts.plural("case.checks", len(checks)),
        text=_join_places([one.text for one in checks], texts),
        actor=join_words([*people], texts.language),
        until=checks[-1].at if len(checks) > 1 else None,
    )


def _tell_finding(file: FindingFile, case: AlertCase, texts: Texts) -> TimelineEntry:
    one = file.finding
    parts = [
        one.note or "",
        texts(f"finding_wish.{one.wish}") if one.wish else "",
        texts(f"finding_outcome.{one.outcome}") if one.outcome else "",
        texts("case.handled_with", note=one.handled_note) if one.handled_note else "",
    ]
    return TimelineEntry(
        at=one.found_at,
        kind="finding",
        title=f"{texts('field.finding')}: {texts(f'finding_kind.{one.kind}')}",
        text=" · ".join(part for part in parts if part),
        actor=case.people.get(one.actor, one.actor),
        photos=[f"/field/findings/{one.id}/photos/{n}" for n in range(len(file.photos))],
    )


def _tell_report(report: ReportRow, texts: Texts) -> TimelineEntry:
    return TimelineEntry(
        at=report.at or 0, kind="report", title=texts("case.reported"), text=report.text
    )
