"""A case as a report for people, in the language of the page: lines of a PDF."""

from collections.abc import Iterator, Sequence
from typing import Final

from desk.pages.alert_texts import (
    describe_counted,
    describe_product,
    describe_subject,
    describe_weights,
)
from desk.pages.case_timeline import tell_case
from desk.pages.scan_trail import (
    ScanLine,
    choose_shown,
    describe_reason,
    describe_scans,
    tell_excerpt,
)
from printing.pdf.report import ReportLine, ReportPart, ReportPhoto, is_photo
from services.alerts.alerts import AlertCase
from web.i18n import Language, Texts, format_moment, format_number

Facts = Iterator[tuple[str, str | None]]

_NONE: Final = "–"


def choose_language(language: Language) -> Language:
    """The language of a report: the fonts have no Chinese characters, so English stands in."""
    return "en" if language == "zh" else language


def compose_report(
    case: AlertCase,
    at: int,
    by: str,
    texts: Texts,
    photos: Sequence[tuple[str, bytes]] = (),
) -> list[ReportPart]:
    """The lines of a case's report, as it is at a time (ms, UTC), for the person who took it."""
    scans = describe_scans(case.scans.rows, case.evidence, texts)
    return [
        ReportLine(texts("case.report_title", number=case.alert.id), "title"),
        *_list_facts(_tell_state(case, at, by, texts)),
        *_list_reasons(case, texts),
        ReportLine(texts("case.about"), "heading"),
        *_list_facts(_tell_parties(case, texts)),
        *_list_scans(case, scans, texts),
        ReportLine(texts("case.timeline"), "heading"),
        *_list_timeline(case, scans, texts),
        ReportLine(texts("case.report_note"), "small"),
        *_list_photos(photos, texts),
    ]


def _list_photos(photos: Sequence[tuple[str, bytes]], texts: Texts) -> Iterator[ReportPart]:
    for number, (digest, picture) in enumerate(photos, 1):
        caption = f"{texts('case.photo', number=number)}: SHA-256 {digest}"
        yield ReportPhoto(picture, caption) if is_photo(picture) else ReportLine(caption, "small")


def _list_facts(facts: Facts) -> Iterator[ReportLine]:
    return (ReportLine(text, label=label) for label, text in facts if text)


def _tell_state(case: AlertCase, at: int, by: str, texts: Texts) -> Facts:
    alert = case.alert
    state = texts(f"alerts.{alert.state}")
    if alert.cause:
        state += f" ({texts(f'cause.{alert.cause}')})"
    yield texts("list.alerts_id"), describe_subject(alert, texts)
    yield (
        texts("list.state"),
        state,
    )
    yield texts("list.owner"), case.people.get(alert.owner or "", alert.owner)
    yield texts("list.opened_at"), format_moment(alert.opened_at, texts.language)
    yield texts("alerts.loss"), format_number(round(alert.expected_loss), texts.language)
    yield texts("case.taken"), f"{format_moment(at, texts.language)}, {by}"


def _list_reasons(case: AlertCase, texts: Texts) -> Iterator[ReportLine]:
    yield ReportLine(texts("alerts.why"), "heading")
    weighed = describe_weights(case.weights, texts)
    for one in weighed:
        yield ReportLine(f"{one.weight}; {one.odds}" if one.odds else one.weight, label=one.text)
    if not weighed:
        for slug in case.alert.reasons:
            yield ReportLine(describe_reason(slug, texts))
    counted = describe_counted(case.alert, texts)
    if counted:
        yield ReportLine(counted)


def _tell_parties(case: AlertCase, texts: Texts) -> Facts:
    yield texts("orders.product"), describe_product(case.links.lot, texts.language)
    yield texts("list.lots_id"), case.span.lot if case.span else None
    if case.span is not None:
        yield texts("list.state"), texts(f"state.{case.span.state}")
    if case.parties is not None:
        packer, print_house = case.parties.packer, case.parties.print_house
        yield texts("alerts.its_batch"), str(case.parties.batch.number)
        yield texts("orders.packer"), packer.name if packer else None
        yield texts("orders.print_house"), print_house.name if print_house else None
    for other in case.links.cases:
        text = f"{describe_subject(other, texts)}, {texts(f'alerts.{other.state}')}"
        yield texts("case.linked"), text


def _list_scans(case: AlertCase, lines: list[ScanLine], texts: Texts) -> Iterator[ReportLine]:
    if not lines:
        return
    yield ReportLine(texts("alerts.evidence"), "heading")
    shown = choose_shown(lines)
    excerpt = tell_excerpt(len(shown), case.scans, texts)
    if excerpt is not None:
        yield ReportLine(excerpt)
    for line in shown:
        parts = [line.place or texts("alerts.nowhere"), line.accuracy, line.device]
        if line.journey is not None:
            journey = line.journey
            parts.append(
                texts(
                    "case.way",
                    distance=journey.distance,
                    time=journey.time,
                    speed=journey.speed or _NONE,
                )
            )
        if line.is_evidence:
            parts.append(texts("case.is_evidence"))
        yield ReportLine(
            "; ".join(part for part in parts if part),
            label=format_moment(line.scan.at, texts.language),
        )


def _list_timeline(case: AlertCase, lines: list[ScanLine], texts: Texts) -> Iterator[ReportLine]:
    for entry in tell_case(case, lines, texts):
        parts = [entry.title, entry.actor, entry.text]
        yield ReportLine(
            "; ".join(part for part in parts if part),
            label=format_moment(entry.at, texts.language),
        )
