import gzip
import re
from html import escape
from html.parser import HTMLParser

import orjson
import pytest

from detection.verdict import Verdict
from ledger import Correction
from ledger.codes.code_evidence import PublicEvidence
from ledger.codes.registered_code import PublicSite
from resolver.pages import Pages
from resolver.pages.assets import POLICY, SCRIPT, STYLE
from resolver.pages.fragment import encode_gzip, encode_plain
from resolver.pages.report_form import FilledReport
from resolver.stamp_state import CachedLot
from resolver.texts import WORDS
from tests.resolver.answers import ANSWERS, CODE, TOKEN, answer
from tests.resolver.orchard import DOCUMENT, cache_lot, lot, publish
from web.i18n import LANGUAGES, Language

PAGES = Pages("1900 1234")
VOID = {"meta", "link", "input", "path", "br", "img"}


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


REFUSED = FilledReport(
    {"kind": "unsafe", "note": '</textarea><b onclick="x">', "contact": '"><b onclick=x>'},
    {"code": CODE, "token": '"><b onclick=x>', "signature": ""},
    {"note", "contact"},
)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_other_pages_are_whole(language: Language) -> None:
    for pieces in (
        PAGES.render_home(language),
        PAGES.render_retype("unknown", CODE, language, {"code": CODE, "token": TOKEN}),
        PAGES.render_retype("unread", '"><b onclick=x>', language, {"code": '"><b onclick=x>'}),
        PAGES.render_retype("unread", "", language, {}),
        PAGES.render_message("unsure", "A <b>", "C & D", language),
        PAGES.render_message("unsure", "A <b>", "C & D", language, '/S?code="><b onclick=x>'),
        PAGES.render_refused_report("A <b>", "C & D", REFUSED, language, f"/S/{CODE}"),
    ):
        well_nested(encode_plain(pieces).decode())


def test_the_page_of_an_error_is_rendered_once() -> None:
    first, again = (PAGES.render_message("unsure", "Title", "", "vi")[0] for _ in range(2))
    assert first is again


def test_a_lots_words_can_not_become_markup() -> None:
    made = lot(brand='<script>alert("1")</script>', code="L1")
    piece = PAGES._by_language["vi"].render_rest(cache_lot(made), "authentic", True)
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
    answered.state.lot = cache_lot(lot(), corrections=corrections)
    shown = encode_plain(PAGES.render_verdict(answered, language, TOKEN)).decode()
    well_nested(shown)
    for words in CORRECTED[language]:
        assert words in shown
        assert words not in untouched
    other = WORDS[language]("correction.inspection")
    assert shown.index(CORRECTED[language][3]) < shown.index(other)


def test_a_lot_is_rendered_once_a_language() -> None:
    known = cache_lot(lot())
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


def shown_of(made: CachedLot, language: Language = "vi", name: str = "authentic") -> str:
    answered = answer(Verdict(name))
    answered.state.lot = made
    return encode_plain(PAGES.render_verdict(answered, language, TOKEN)).decode()


def test_a_registered_name_is_shown_beside_its_code() -> None:
    sites = {
        "VN-ĐLPH-0012": PublicSite(
            "VN-ĐLPH-0012", "packing_house", "Krông Pắc Green", "66", False, None
        )
    }
    page = shown_of(cache_lot(lot(), sites=sites))
    assert "Krông Pắc Green" in page
    assert "HTX Nông nghiệp Krông Pắc" not in page
    assert "VN-ĐLPH-0012" in page


def test_a_household_that_did_not_agree_is_not_named_by_its_growing_area() -> None:
    sites = {"VN-ĐLOR-0123": PublicSite("VN-ĐLOR-0123", "growing_area", None, "66", True, None)}
    page = shown_of(cache_lot(lot(), sites=sites))
    assert "Vùng trồng Ea Kao" not in page
    assert "VN-ĐLOR-0123" in page


@pytest.mark.parametrize(
    ("kind", "words"),
    [("household", "Nông hộ"), ("cooperative", "Hợp tác xã"), ("enterprise", "Doanh nghiệp")],
)
def test_a_producer_is_called_what_it_is(kind: str, words: str) -> None:
    page = shown_of(cache_lot(lot(producer={"name": "Ea Kao", "kind": kind})))
    assert f"<dt>{words}</dt><dd>Ea Kao" in page


def test_certificates_have_their_numbers() -> None:
    page = shown_of(cache_lot(lot()))
    assert "<dd>VietGAP<small>số chứng nhận VG-24-117</small></dd>" in page


def test_only_photos_that_the_service_keeps_are_shown() -> None:
    product = {"code": "ri6", "name": {"vi": "Sầu riêng Ri6"}}
    kept = f"/a/{'5' * 64}"
    assert f'<img src="{kept}"' in shown_of(cache_lot(lot(product={**product, "image": kept})))
    for image in ("https://rival.example/track.png", "/durian.jpg", None):
        assert "<img" not in shown_of(cache_lot(lot(product={**product, "image": image})))
    assert "img-src data: 'self'" in POLICY


REVIEWED = {
    "vi": (
        "Cơ quan quản lý đã thẩm định",
        "Sở NN&amp;MT Đắk Lắk thẩm định và công bố ngày 21/09/2026",
    ),
    "en": ("Reviewed by the authority", "Reviewed and published by Sở NN&amp;MT Đắk Lắk"),
    "zh": ("已经主管部门审核", "审核并公布"),
}
UNREVIEWED = {
    "vi": "chưa được thẩm định",
    "en": "not reviewed yet",
    "zh": "尚未审核",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_published_record_is_shown_with_who_vouches_for_it(language: Language) -> None:
    made = cache_lot(lot())
    page = shown_of(made, language)
    well_nested(page)
    for words in REVIEWED[language]:
        assert words in page
    assert publish(lot()).sha256 in page
    assert UNREVIEWED[language] not in page
    assert WORDS[language]("stage.harvested") in page
    for private in ("Buôn Kao", "12.62", "108.03"):
        assert private not in page
        assert private not in orjson.dumps(made.json).decode()


@pytest.mark.parametrize("language", LANGUAGES)
def test_of_a_lot_that_nobody_reviewed_the_page_shows_what_identifies_it(
    language: Language,
) -> None:
    photo = {**DOCUMENT["product"], "image": f"/a/{'5' * 64}"}
    made = CachedLot(lot(product=photo), {})
    page = shown_of(made, language)
    well_nested(page)
    assert UNREVIEWED[language] in page
    for words in ("VN-ĐLPH-0012", "VN-ĐLOR-0123", "DL-2026-0912"):
        assert words in page
    for words in ("VietGAP", "<img", "Buôn Kao", WORDS[language]("lot.stages")):
        assert words not in page
    answered = orjson.loads(orjson.dumps(made.json))
    assert answered["publication"] is None
    assert "Buôn Kao" not in str(answered)


def test_a_correction_that_waits_is_announced_and_not_shown() -> None:
    later = lot(brand="Thương hiệu mới")
    cached = CachedLot(later, {}, publication=publish(lot()), has_later=True)
    page = shown_of(cached)
    assert "Đắk Lắk Durian" in page
    assert "Thương hiệu mới" not in page
    assert "Có thông tin mới hơn đang chờ thẩm định" in page


EVIDENCE = {
    "vi": "Ảnh vệ tinh về nơi sản xuất, ngày 01/09/2026, nguồn Sentinel-2 &lt;b&gt;.",
    "en": "Satellite picture of the place of production, 1 Sep 2026, source Sentinel-2 &lt;b&gt;.",
    "zh": "产地卫星影像，2026年9月1日，来源：Sentinel-2 &lt;b&gt;。",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_released_evidence_of_the_origin_is_one_line_of_the_journey(language: Language) -> None:
    told = PublicEvidence("satellite", "2026-09-01T10:15", "2026-09-01T10:15", "Sentinel-2 <b>")
    made, evidence = lot(), {"VN-ĐLOR-0123": told}
    page = shown_of(cache_lot(made, evidence=evidence), language)
    well_nested(page)
    assert EVIDENCE[language] in page
    assert EVIDENCE[language] not in shown_of(CachedLot(made, {}, evidence=evidence), language)
    elsewhere = cache_lot(made, evidence={"VN-ĐLPH-0012": told})
    assert EVIDENCE[language] not in shown_of(elsewhere, language)


RECALLED = {
    "vi": ("Thu hồi ngày 24/09/2026", "Lý do: an toàn thực phẩm"),
    "en": ("Recalled on 24 Sep 2026", "Reason: food safety"),
    "zh": ("召回日期：2026年9月24日", "原因：食品安全"),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_after_a_recall_the_page_says_when_why_and_what_to_do(language: Language) -> None:
    answered = answer(Verdict.RECALLED)
    answered.state.recall = ("food-safety", 1_790_200_000_000)
    page = encode_plain(PAGES.render_verdict(answered, language, TOKEN)).decode()
    assert all(words in page for words in RECALLED[language])
    assert WORDS[language]("verdict.recalled.advice") in page


def test_the_field_of_the_pin_follows_the_verdict_and_comes_before_the_lot() -> None:
    page = shown_of(cache_lot(lot()))
    assert page.index('id="seen"') < page.index('id="claim"') < page.index('id="lot"')


def test_a_page_names_the_authority_and_the_hotline() -> None:
    pages = Pages("1900 1234", "Bộ Nông nghiệp và Môi trường")
    answered = answer(Verdict.AUTHENTIC)
    answered.state.lot = cache_lot(lot())  # what was rendered of a lot is kept with it
    page = encode_plain(pages.render_verdict(answered, "vi", TOKEN)).decode()
    assert "Dịch vụ của Bộ Nông nghiệp và Môi trường" in page
    assert "1900 1234" in page
