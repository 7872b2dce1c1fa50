"""View of the results of laboratories that a published record quotes, in one language."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from ledger.record.quoted_events import QuotedEventError
from traceability.diary.entry_kinds import find_entry_kind
from traceability.diary.lot_results import MOST_TESTS, TEST, LotResult, LotResults
from web.i18n import Texts, format_day, format_iso_day, format_quantity

_MOST_WITHIN: Final = 12
"""Results within their limits that the page lists; the answer in JSON has all of them."""


@dataclass(frozen=True)
class TestView:
    """One tested substance."""

    substance: str
    value: str
    limit: str
    verdict: str
    """Whether the value is above the limit, in words."""
    is_above: bool
    correction: str
    """What its laboratory did with it since; empty for nothing."""


@dataclass(frozen=True)
class TestReportView:
    """The results of one laboratory, day and sample."""

    source: str
    tests: tuple[TestView, ...]


@dataclass(frozen=True)
class TestResultsView:
    """The results on the page of a lot."""

    reports: tuple[TestReportView, ...]
    has_above: bool
    more: str
    """How many others there are; empty for none."""


def build_test_view(
    results: LotResults, errors: Iterable[QuotedEventError], words: Texts
) -> TestResultsView | None:
    """The view of test results, those above their limits first; None without any."""
    if not results.tests:
        return None
    within = [one for one in results.tests if not one.is_above]
    shown = (*results.above, *within[:_MOST_WITHIN])
    left = len(within[_MOST_WITHIN:]) + results.tests_left_out
    corrected = {one.event: one for one in errors}
    reports: dict[str, list[TestView]] = {}
    for one in shown:
        tests = reports.setdefault(_describe_source(one, words), [])
        tests.append(_describe_test(one, corrected, words))
    # Where all of the record are above their limits, those that it left out may be above too.
    more = "results.others" if len(results.above) >= MOST_TESTS else "results.more"
    return TestResultsView(
        reports=tuple(TestReportView(source, tuple(tests)) for source, tests in reports.items()),
        has_above=bool(results.above),
        more=words.plural(more, left) if left else "",
    )


def list_certificates(
    results: LotResults, errors: Iterable[QuotedEventError], words: Texts
) -> Iterator[tuple[str, str, str]]:
    """Label, standard and small print of certificates that their certifiers told."""
    corrected = {one.event: one for one in errors}
    for one in results.certificates:
        values = one.entry.values
        small = words(
            "results.certificate",
            number=values["number"],
            name=one.name,
            day=format_iso_day(str(values["valid_until"]), words.language),
        )
        correction = _describe_correction(one, corrected, words)
        yield words("results.certified"), str(values["scheme"]), f"{small} {correction}".strip()


def _describe_source(result: LotResult, words: Texts) -> str:
    """Laboratory with its accreditation, day, and where the sample is from."""
    values, place = result.entry.values, result.entry.place
    sample = words("results.of_lot")
    if result.entry.lot is None and place is not None:
        sample = words("results.of_place", place=place)
    day = format_iso_day(str(values["at"])[:10], words.language)
    return " · ".join((f"{result.name} ({values['accreditation']})", day, sample))


def _describe_test(
    result: LotResult, corrected: Mapping[str, QuotedEventError], words: Texts
) -> TestView:
    values, language = result.entry.values, words.language
    unit = (
        find_entry_kind(TEST).field("value_unit").name_choice(str(values["value_unit"]), language)
    )
    limit = f"{format_quantity(float(values['limit']), language)} {unit}"
    value = f"{format_quantity(float(values['value']), language)} {unit}"
    return TestView(
        substance=str(values["substance"]),
        value=value if values["value"] else words("results.not_found"),
        limit=words("results.limit", limit=limit, method=values["method"]),
        verdict=words("results.above" if result.is_above else "results.within"),
        is_above=result.is_above,
        correction=_describe_correction(result, corrected, words),
    )


def _describe_correction(
    result: LotResult, corrected: Mapping[str, QuotedEventError], words: Texts
) -> str:
    error = corrected.get(result.event)
    if error is None:
        return ""
    key = "results.withdrawn" if error.is_withdrawn else "results.corrected"
    return words(key, name=result.name, day=format_day(error.at, words.language))
