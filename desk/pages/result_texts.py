"""Results of laboratories and certificates about a lot as pages of the desk show them."""

from collections.abc import Collection
from dataclasses import dataclass

from desk.pages.entry_texts import write_value
from traceability.diary.entry_kinds import find_entry_kind
from traceability.diary.lot_results import LotResult, LotResults
from web.i18n import Texts


@dataclass(frozen=True, slots=True)
class ShownTest:
    """One tested substance."""

    substance: str
    value: str
    limit: str
    verdict: str
    is_above: bool
    is_ended: bool
    """Whether its laboratory corrected it or took it back since."""
    laboratory: str
    accreditation: str
    """Accreditation of the laboratory, and the day."""
    method: str
    """Method, number of the report, and where the sample is from."""


@dataclass(frozen=True, slots=True)
class ShownCertificate:
    """One certificate."""

    scheme: str
    text: str
    is_ended: bool


@dataclass(frozen=True, slots=True)
class ShownResults:
    """Results in one language, those above their limits first."""

    tests: tuple[ShownTest, ...]
    certificates: tuple[ShownCertificate, ...]
    above: int
    left_out: int

    @property
    def has_any(self) -> bool:
        """Whether there is one."""
        return bool(self.tests or self.certificates)


def describe_results(
    results: LotResults, texts: Texts, ended: Collection[str] = ()
) -> ShownResults:
    """The results for a page; `ended` are the events that were corrected or taken back."""
    within = (one for one in results.tests if not one.is_above)
    return ShownResults(
        tests=tuple(_describe_test(one, texts, ended) for one in (*results.above, *within)),
        certificates=tuple(
            _describe_certificate(one, texts, ended) for one in results.certificates
        ),
        above=len(results.above),
        left_out=results.tests_left_out,
    )


def _write(result: LotResult, name: str, texts: Texts) -> str:
    """A value as people read it; empty where the entry does not have it."""
    entry = result.entry
    if name not in entry.values:
        return ""
    return write_value(find_entry_kind(entry.kind).field(name), entry.values[name], texts)


def _describe_test(result: LotResult, texts: Texts, ended: Collection[str]) -> ShownTest:
    def write(name: str) -> str:
        return _write(result, name, texts)

    unit = write("value_unit")
    place = write("place") if result.entry.lot is None else ""
    return ShownTest(
        substance=write("substance"),
        value=f"{write('value')} {unit}" if result.entry.values["value"] else texts("results.zero"),
        limit=f"{write('limit')} {unit}",
        verdict=texts("results.above" if result.is_above else "results.within"),
        is_above=result.is_above,
        is_ended=result.event in ended,
        laboratory=result.name,
        accreditation=" · ".join((write("accreditation"), write("at"))),
        method=" · ".join(filter(None, (write("method"), write("report"), place))),
    )


def _describe_certificate(
    result: LotResult, texts: Texts, ended: Collection[str]
) -> ShownCertificate:
    text = texts(
        "results.certificate",
        number=_write(result, "number", texts),
        name=result.name,
        day=_write(result, "valid_until", texts),
    )
    return ShownCertificate(_write(result, "scheme", texts), text, result.event in ended)
