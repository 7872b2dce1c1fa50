"""Completeness of a lot as its page shows it: its items, and what the diary of its place says."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ledger import LotRow
from traceability import Lot
from traceability.diary.lot_evidence import EvidencePart, LotEvidence
from traceability.lot_record import count_items
from web.i18n import Texts, format_iso_day


@dataclass(frozen=True, slots=True)
class LotCompleteness:
    """How much a lot tells: items of its profile, and what a diary should confirm."""

    told: int
    asked: int
    lines: Sequence[tuple[bool, str]]
    """What the diary says: whether it confirms the lot, and the text. None without a diary."""


def describe_completeness(row: LotRow, found: LotEvidence | None, texts: Texts) -> LotCompleteness:
    """The completeness of a lot with what the diary says of it."""
    counted = count_items(Lot.from_document(row.document))
    told, asked = counted["told"], counted["items"]
    if found is None:
        return LotCompleteness(told, asked, ())
    parts = len(EvidencePart)
    return LotCompleteness(
        told + parts - len(found.missing), asked + parts, tuple(_list_lines(found, texts))
    )


def _list_lines(found: LotEvidence, texts: Texts) -> Iterator[tuple[bool, str]]:
    for part in EvidencePart:
        if part is EvidencePart.WAITING and found.breaches:
            yield from ((False, line) for line in _list_breaches(found, texts))
        elif part is EvidencePart.ORDER and not found.harvests:
            yield False, texts("lots.diary_order_unknown")
        elif part not in found.kept:
            yield False, texts(f"lots.diary_{part}_not")
        elif part is EvidencePart.INPUTS:
            yield True, texts.plural("lots.diary_inputs", found.inputs)
        else:
            yield True, texts(f"lots.diary_{part}")


def _list_breaches(found: LotEvidence, texts: Texts) -> Iterator[str]:
    for breach in found.breaches:
        treatment = breach.treatment
        yield texts(
            "lots.diary_breach",
            harvest=format_iso_day(breach.harvest.isoformat(), texts.language),
            input=treatment.name,
            treated=format_iso_day(treatment.day.isoformat(), texts.language),
            free_from=format_iso_day(treatment.free_from.isoformat(), texts.language),
        )
