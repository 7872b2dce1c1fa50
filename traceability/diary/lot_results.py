"""What laboratories and certifiers tell of a lot, as its public record quotes it.

A result is about the lot by its code, or about its place of origin in the year before the harvest
and since. A record quotes an entry without its note: the note may name people.

>>> test = Entry("test", {"at": "2026-09-12", "lot": "L1", "value": 0.08, "limit": 0.05})
>>> LotResult("e" * 64, "lab", "Trung tâm 3", test).is_above
True
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from traceability.diary.entries import Entry
from traceability.diary.lot_evidence import SEASON_DAYS

TEST: Final = "test"
CERTIFICATE: Final = "certificate"
MOST_TESTS: Final = 40
"""Results in a record; those above their limit come first."""
MOST_CERTIFICATES: Final = 10
LONGEST_CERTIFICATE: Final = timedelta(days=5 * 366)
"""No certificate of a place that was issued before is looked for."""
_SEASON: Final = timedelta(days=SEASON_DAYS)
_NOTE: Final = "note"


@dataclass(frozen=True, slots=True)
class LotResult:
    """An entry of a laboratory or certifier about a lot."""

    event: str
    """The id of its event: 64 digits, the event hash of CBV 2.0."""
    organisation: str
    name: str
    """The name of the organisation."""
    entry: Entry
    is_shortened: bool = False
    """Whether the entry has a note, which is left out."""

    @property
    def is_above(self) -> bool:
        """Whether the value is above its limit."""
        values = self.entry.values
        return self.entry.kind == TEST and float(values["value"]) > float(values["limit"])

    def to_document(self) -> dict[str, Any]:
        """The result as a record has it."""
        document: dict[str, Any] = {
            "event": self.event,
            "organisation": self.organisation,
            "name": self.name,
            "entry": {name: it for name, it in self.entry.values.items() if name != _NOTE},
        }
        if self.is_shortened or _NOTE in self.entry.values:
            document["shortened"] = True
        if self.entry.kind == TEST:
            document["above_limit"] = self.is_above
        return document


@dataclass(frozen=True, slots=True)
class LotResults:
    """What is told of one lot, newest first."""

    tests: tuple[LotResult, ...] = ()
    certificates: tuple[LotResult, ...] = ()
    tests_left_out: int = 0
    """Results that a record has no place for; none of them is above its limit, unless more than
    `MOST_TESTS` are."""

    @property
    def above(self) -> tuple[LotResult, ...]:
        """The results that are above their limits."""
        return tuple(one for one in self.tests if one.is_above)

    @property
    def events(self) -> frozenset[tuple[str, str]]:
        """Organisation and event of each."""
        return frozenset((one.organisation, one.event) for one in (*self.tests, *self.certificates))

    def to_document(self) -> dict[str, Any]:
        """The parts of a record; what there is nothing of is left out."""
        parts: dict[str, Any] = {
            "tests": [one.to_document() for one in self.tests],
            "tests_left_out": self.tests_left_out,
            "certificates": [one.to_document() for one in self.certificates],
        }
        return {name: part for name, part in parts.items() if part}


def select_results(
    found: Iterable[LotResult], *, harvested: date | None, packed: date | None
) -> LotResults:
    """The results that the record of a lot quotes, of those about it and about its place.

    Of its place they are those of the year before the harvest and since, and certificates that
    were valid when the lot was packed.
    """
    tests, certificates = [], []
    day = harvested or packed
    for one in found:
        entry = one.entry
        if entry.kind == TEST:
            if entry.lot is not None or day is None or entry.day >= day - _SEASON:
                tests.append(one)
        elif packed is None or entry.day <= packed <= date.fromisoformat(
            str(entry.values["valid_until"])
        ):
            certificates.append(one)
    kept = sorted(tests, key=lambda one: (not one.is_above, -one.entry.at, one.event))[:MOST_TESTS]
    return LotResults(
        tests=_sort(kept),
        certificates=_sort(certificates)[:MOST_CERTIFICATES],
        tests_left_out=len(tests) - len(kept),
    )


def read_results(record: Mapping[str, Any]) -> LotResults:
    """What a record quotes, as it was when it was submitted: later rules do not judge it."""
    return LotResults(
        tests=tuple(_read_result(TEST, one) for one in record.get("tests", ())),
        certificates=tuple(
            _read_result(CERTIFICATE, one) for one in record.get("certificates", ())
        ),
        tests_left_out=record.get("tests_left_out", 0),
    )


def _read_result(kind: str, document: Mapping[str, Any]) -> LotResult:
    return LotResult(
        event=document["event"],
        organisation=document["organisation"],
        name=document["name"],
        entry=Entry(kind, document["entry"]),
        is_shortened=bool(document.get("shortened")),
    )


def _sort(results: Iterable[LotResult]) -> tuple[LotResult, ...]:
    """Newest first; results of one report stay together."""
    return tuple(
        sorted(
            results,
            key=lambda one: (
                -one.entry.at,
                one.organisation,
                str(one.entry.values.get("report", "")),
                str(one.entry.values.get("substance", "")),
                one.event,
            ),
        )
    )
