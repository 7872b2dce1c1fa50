"""Results of laboratories on the public page: in words, by laboratory, with later corrections."""

import orjson
import pytest

from detection.verdict import Verdict
from ledger.record.quoted_events import QuotedEventError
from resolver.pages.fragment import encode_gzip, encode_plain
from resolver.stamp_state import CachedLot
from resolver.texts import WORDS
from tests.resolver.answers import TOKEN, answer
from tests.resolver.orchard import lot, publish, quote_test
from tests.resolver.pages.test_pages import PAGES, shown_of, well_nested
from traceability.diary.entries import Entry
from traceability.diary.lot_results import MOST_TESTS, LotResult, LotResults
from web.i18n import LANGUAGES, Language

CERTIFICATE = LotResult(
    "c" * 64,
    "vinacert",
    "VinaCert",
    Entry(
        "certificate",
        {"scheme": "VietGAP", "number": "vg-24-117", "valid_until": "2027-11-19"},
    ),
)


def cache(results: LotResults, *errors: QuotedEventError) -> CachedLot:
    made = lot()
    return CachedLot(made, {}, publication=publish(made, 1, results), result_errors=errors)


SAID = {
    "vi": ("0,02 mg/kg", "Trong mức cho phép", "Vượt mức cho phép", "Mức cho phép 0,05 mg/kg"),
    "en": ("0.02 mg/kg", "Within the limit", "Above the limit", "Limit 0.05 mg/kg"),
    "zh": ("0.02 毫克/千克", "未超过限量", "超过限量", "限量 0.05 毫克/千克"),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_result_is_said_in_words_with_its_limit_laboratory_and_day(language: Language) -> None:
    above = quote_test(2, substance="Chì <Pb>", value=0.08)
    page = shown_of(cache(LotResults((quote_test(1), above))), language)
    well_nested(page)
    for words in (*SAID[language], "Trung tâm Kỹ thuật 3 (VILAS 123)", "Chì &lt;Pb&gt;"):
        assert words in page
    assert page.index("Chì") < page.index("Cadmi")
    assert WORDS[language]("results.above_why") in page


def test_what_was_not_found_is_no_number_and_a_sample_says_where_it_is_from() -> None:
    of_area = quote_test(2, value=0, lot=None, place="VN-ĐLOR-0123")
    page = shown_of(cache(LotResults((quote_test(1), of_area))))
    assert "Không phát hiện" in page
    assert "mẫu tại VN-ĐLOR-0123" in page
    assert "mẫu của lô hàng này" in page
    assert WORDS["vi"]("results.above_why") not in page


def test_a_lot_without_results_says_nothing_of_them_nor_one_that_nobody_reviewed() -> None:
    title = WORDS["vi"]("results.title")
    assert title not in shown_of(cache(LotResults()))
    assert title not in shown_of(CachedLot(lot(), {}))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_corrected_result_stays_and_says_so(language: Language) -> None:
    at = 1_790_200_000_000
    first, other = quote_test(1), quote_test(2, substance="Chì (Pb)")
    cached = cache(
        LotResults((first, other)),
        QuotedEventError(first.event, at, is_withdrawn=False),
        QuotedEventError(other.event, at, is_withdrawn=True),
    )
    page = shown_of(cached, language)
    assert SAID[language][0] in page
    for key in ("corrected", "withdrawn"):
        told = WORDS[language](f"results.{key}", name="Trung tâm Kỹ thuật 3", day="|")
        assert all(words in page for words in told.split("|"))
    told = orjson.loads(orjson.dumps(cached.json))
    assert {one["event"] for one in told["result_corrections"]} == {first.event, other.event}
    assert told["publication"]["record"]["tests"][0]["entry"]["value"] == 0.02


def test_a_certificate_of_its_certifier_takes_the_place_of_the_packers_word() -> None:
    page = shown_of(cache(LotResults(certificates=(CERTIFICATE,))))
    assert "VinaCert cấp · có giá trị đến 19/11/2027" in page
    assert page.count("VietGAP") == 1
    assert "GlobalG.A.P." in page


@pytest.mark.parametrize("value", [0.01, 0.08])
def test_the_page_of_a_lot_with_many_results_is_small(value: float) -> None:
    tests = tuple(
        quote_test(n, substance=f"Hoạt chất {n * 7919 % 1000:x} {n}", value=value + n / 1000)
        for n in range(MOST_TESTS)
    )
    answered = answer(Verdict.AUTHENTIC)
    answered.state.lot = cache(LotResults(tests, (CERTIFICATE,), tests_left_out=60))
    pieces = PAGES.render_verdict(answered, "vi", TOKEN)
    page = encode_plain(pieces).decode()
    assert len(encode_gzip(pieces)) < 14_000
    assert page.count("Hoạt chất") in (12, MOST_TESTS)
    assert ("đều trong mức cho phép" in page) == (value < 0.05)
