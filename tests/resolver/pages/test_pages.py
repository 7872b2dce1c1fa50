import gzip
import re
from html import escape
from html.parser import HTMLParser

import pytest

from detection.verdict import Verdict
from ledger import Correction
from resolver.pages import Pages
from resolver.pages.assets import POLICY, SCRIPT, STYLE
from resolver.pages.fragment import encode_gzip, encode_plain
from resolver.stamp_state import CachedLot
from resolver.texts import WORDS
from tests.resolver.answers import ANSWERS, CODE, TOKEN, answer
from tests.resolver.orchard import lot
from web.i18n import LANGUAGES, Language

PAGES = Pages("1900 1234")
VOID = {"meta", "link", "input", "path", "br"}


class Nesting(HTMLParser):
    """Fails on a tag that is closed in the wrong place, or twice the same id."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.ids += [value for name, value in attrs if name == "id" and value]
        assert not [name for name, _ in attrs if name == "style" or name.startswith("on")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def well_nested(page: str) -> None:
    reader = Nesting()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    assert len(reader.ids) == len(set(reader.ids))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ANSWERS)
def test_every_verdicts_page_is_whole_small_and_says_its_words(
    name: str, language: Language
) -> None:
    answer = ANSWERS[name]
    pieces = PAGES.render_verdict(answer, language, TOKEN)
    page = encode_plain(pieces).decode()
    well_nested(page)
    assert gzip.decompress(encode_gzip(pieces)).decode() == page
    assert len(encode_gzip(pieces)) < 14_000
    assert WORDS[language](f"verdict.{answer.kind}.title") in page
    for reason in answer.reasons:
        assert escape(WORDS[language](f"reason.{reason}")) in page
    assert f'data-token="{TOKEN}"' in page
    assert f'data-code="{CODE}"' in page
    well_nested(PAGES.render_section(answer, language, TOKEN).decode())


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_other_pages_are_whole(language: Language) -> None:
    for pieces in (
        PAGES.render_home(language),
        PAGES.render_retype("unknown", CODE, language),
        PAGES.render_retype("unread", '"><b onclick=x>', language),
        PAGES.render_message("unsure", "A <b>", "C & D", language),
    ):
        well_nested(encode_plain(pieces).decode())


def test_the_page_of_an_error_is_rendered_once() -> None:
    first, again = (PAGES.render_message("unsure", "Title", "", "vi")[0] for _ in range(2))
    assert first is again


def test_a_lots_words_can_not_become_markup() -> None:
    made = lot(brand='<script>alert("1")</script>', code="L1")
    piece = PAGES._by_language["vi"].render_rest(CachedLot(made, {}), "authentic", True)
    assert b"<script>alert" not in piece.raw
    assert b"&lt;script&gt;" in piece.raw


CORRECTED = {
    "vi": ("Thông tin đã được sửa", "23/09/2026", "đóng gói và hạn dùng", "nhập sai"),
    "en": ("Corrected information", "23 Sep 2026", "packing and best-before date", "typing error"),
    "zh": ("信息更正记录", "2026年9月23日", "包装和最佳食用期", "录入错误"),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_correction_is_told_with_its_day_its_parts_and_its_reason(language: Language) -> None:
    corrections = (
        Correction(3, 1_790_150_000_000, "typing-error", ("packing", "expiry")),
        Correction(2, 1_790_060_000_000, "inspection", ("brand",)),
    )
    answered = answer(Verdict.AUTHENTIC)
    untouched = encode_plain(PAGES.render_verdict(answered, language, TOKEN)).decode()
    answered.state.lot = CachedLot(lot(), {}, corrections)
    shown = encode_plain(PAGES.render_verdict(answered, language, TOKEN)).decode()
    well_nested(shown)
    for words in CORRECTED[language]:
        assert words in shown
        assert words not in untouched
    other = WORDS[language]("correction.inspection")
    assert shown.index(CORRECTED[language][3]) < shown.index(other)


def test_a_lot_is_rendered_once_a_language() -> None:
    known = CachedLot(lot(), {})
    page = PAGES._by_language["vi"]
    assert page.render_rest(known, "authentic", True) is page.render_rest(known, "expired", True)
    assert page.render_rest(known, "authentic", True) is not page.render_rest(
        known, "suspect", True
    )


def test_the_policy_names_the_one_style_and_script_that_pages_have() -> None:
    page = encode_plain(PAGES.render_verdict(ANSWERS["authentic"], "vi", TOKEN)).decode()
    assert re.findall(r"<style>(.*?)</style>", page, re.S) == [STYLE]
    assert re.findall(r"<script>(.*?)</script>", page, re.S) == [SCRIPT]
    assert POLICY.count("sha256-") == 2


def test_the_origin_of_the_lot_is_told_in_the_readers_language() -> None:
    page = encode_plain(PAGES.render_verdict(ANSWERS["authentic"], "en", TOKEN)).decode()
    for words in ("Durian Ri6", "VN-ĐLOR-0123", "Dak Lak", "11 Sep 2026", "VietGAP", "Harvested"):
        assert words in page


def test_a_page_shows_the_history_of_its_stamp() -> None:
    page = encode_plain(PAGES.render_verdict(ANSWERS["authentic"], "en", TOKEN)).decode()
    assert "First scanned on" in page
    assert "3 separate scans" in page
    section = PAGES.render_section(ANSWERS["caution"], "en", TOKEN).decode()
    assert "3 separate scans" in section
    assert "history is not available" not in page + section
