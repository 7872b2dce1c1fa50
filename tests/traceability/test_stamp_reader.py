"""One reader of codes: whatever of a stamp people have names the stamp, and nothing else does."""

import unicodedata
from contextlib import suppress
from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stamps.code import ALPHABET, parse_code
from stamps.errors import MalformedCode
from traceability.gs1 import FNC1
from traceability.stamp_reader import (
    LONGEST_TEXT,
    StampReference,
    read_link_path,
    read_short_path,
    read_stamp,
)

CODE = "0D9FRH4K0121V8Q02M5T"
GTIN = "08935000000014"
SIGNATURE = "A1b_-" * 17 + "z"
GROUPS = [CODE[at : at + 5] for at in range(0, 20, 5)]

FORMS = {
    "canonical": CODE,
    "lower case": CODE.lower(),
    "blanks": " ".join(GROUPS),
    "hyphens": "-".join(GROUPS),
    "full stops": ".".join(GROUPS),
    "middle dots": "·".join(GROUPS),
    "en dashes": "–".join(GROUPS),
    "no-break spaces": "\u00a0".join(GROUPS),
    "line breaks": "\r\n".join(GROUPS),
    "full-width": "".join(chr(ord(c) + 0xFEE0) for c in CODE),
    "zero-width space at the end": CODE + "\u200b",
    "byte order mark": "\ufeff" + CODE,
    "direction marks": f"\u200e{CODE[:7]}\u2060{CODE[7:]}\u200f",
    "quotation marks": f"“{CODE}”",
    "brackets": f"[{CODE}]",
    "a full stop behind": f"{CODE}.",
    "NUL": CODE + "\0",
    "letters for digits": CODE.replace("0", "O").replace("1", "l"),
    "scanner": f"]Q1{CODE}\r\n",
    "scanner with tab": f"]d2{CODE}\t",
    "leading GS": f"\x1d{CODE}",
    "tracker": f"{CODE}&fbclid=IwAR0x",
    "address": f"https://veritem.vn/S/{CODE}",
    "capitals": f"HTTPS://VERITEM.VN/S/{CODE}",
    "without scheme": f"veritem.vn/S/{CODE}",
    "port": f"127.0.0.1:8080/s/{CODE}",
    "scanned address": f"]Q1HTTPS://VERITEM.VN/S/{CODE}\r\n",
    "slash behind": f"https://veritem.vn/S/{CODE}/",
    "comma behind": f"https://veritem.vn/S/{CODE},",
    "bracket behind": f"(xem https://veritem.vn/S/{CODE})",
    "sentence around": f"Tem đây: https://veritem.vn/S/{CODE}. Mua ở chợ nhé!",
    "encoded line end": f"https://veritem.vn/S/{CODE}%0D%0A",
    "encoded tab": f"https://veritem.vn/S/{CODE}%09",
    "encoded blanks": f"https://veritem.vn/S/{'%20'.join(GROUPS)}",
    "fbclid": f"https://veritem.vn/S/{CODE}&fbclid=IwAR0x-y_z",
    "utm": f"https://veritem.vn/S/{CODE}?utm_source=zalo&utm_lang=english#top",
    "link shim": "https://l.facebook.com/l.php?u="
    + quote(f"https://veritem.vn/S/{CODE}?fbclid=x", safe="")
    + "&h=AT2",
    "twice": f"https://veritem.vn/S/{CODE} https://veritem.vn/s/{CODE.lower()}",
    "address in the query": f"https://veritem.vn/S/{CODE}?ref=https%3A%2F%2Fv.vn%2FS%2F{CODE[::-1]}",
    "text fragment": f"https://veritem.vn/S/{CODE}#:~:text=x",
}
SIGNED = {
    "code": f"{CODE}.{SIGNATURE}",
    "code with query": f"{CODE}?8030={SIGNATURE}/",
    "address": f"https://veritem.vn/S/{CODE}.{SIGNATURE}",
    "slash behind": f"https://veritem.vn/S/{CODE}.{SIGNATURE}/",
    "bracket behind": f"(https://veritem.vn/S/{CODE}.{SIGNATURE})",
    "tracker": f"https://veritem.vn/S/{CODE}.{SIGNATURE}?utm_source=x",
    "groups": f"{'-'.join(GROUPS)}.{SIGNATURE}\r\n",
}
LINKS = {
    "link": f"https://veritem.vn/01/{GTIN}/21/{CODE}?8030={SIGNATURE}",
    "slash behind": f"https://veritem.vn/01/{GTIN}/21/{CODE}?8030={SIGNATURE}/",
    "slash in the path": f"https://veritem.vn/01/{GTIN}/21/{CODE}/?8030={SIGNATURE}",
    "line end": f"]Q1https://veritem.vn/01/{GTIN}/21/{CODE}?8030={SIGNATURE}%0D%0A\r\n",
    "lower case, without scheme": f"veritem.vn/01/{GTIN}/21/{CODE.lower()}?8030={SIGNATURE}",
    "tracker before": f"https://veritem.vn/01/{GTIN}/21/{CODE}?gclid=x&8030={SIGNATURE}",
    "tracker in the path": f"https://veritem.vn/01/{GTIN}/21/{CODE}&gclid=x&8030={SIGNATURE}",
}
ELEMENTS = {
    "brackets": f"(01){GTIN}(21){CODE}(8030){SIGNATURE}",
    "brackets and blanks": f" (01) {GTIN} (21) {CODE}\n(8030) {SIGNATURE}",
    "symbol": f"01{GTIN}21{CODE}{FNC1}8030{SIGNATURE}",
    "GS1 DataMatrix": f"]d2{FNC1}01{GTIN}21{CODE}{FNC1}8030{SIGNATURE}\r\n",
    "GS1 QR": f"]Q301{GTIN}21{CODE}{FNC1}8030{SIGNATURE}\t",
    "GS in letters": f"]Q301{GTIN}21{CODE}<GS>8030{SIGNATURE}",
    "GS as a picture": f"01{GTIN}21{CODE}\u241d8030{SIGNATURE}",
}


@pytest.mark.parametrize("text", FORMS.values(), ids=FORMS)
def test_every_form_of_a_code_names_the_stamp(text: str) -> None:
    reference = read_stamp(text)
    assert parse_code(reference.code) == CODE
    assert reference[1:] == (None, None, None)


@pytest.mark.parametrize("text", SIGNED.values(), ids=SIGNED)
def test_a_signature_stays_with_its_code(text: str) -> None:
    assert read_stamp(text) == StampReference(CODE, SIGNATURE)


@pytest.mark.parametrize("text", [*LINKS.values(), *ELEMENTS.values()], ids=[*LINKS, *ELEMENTS])
def test_gs1_forms_name_stamp_product_and_signature(text: str) -> None:
    reference = read_stamp(text)
    assert parse_code(reference.code) == CODE
    assert reference[1:] == (SIGNATURE, GTIN, None)


def test_one_element_of_a_string_stays_one_element() -> None:
    text = f"01{GTIN}10L(21)X{FNC1}21{CODE}"
    assert read_stamp(text) == StampReference(CODE, None, GTIN, "L(21)X")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "veritem.vn/S/",
        "https://veritem.vn/",
        CODE[:-1],
        CODE + "9",
        f"{CODE} 9",
        f"{CODE}-9",
        f"{CODE}, {CODE}",
        f"https://veritem.vn/S/{CODE} https://veritem.vn/S/{CODE[:-1]}X",
        f"https://veritem.vn/S/{CODE}9",
        f"https://veritem.vn/S/{CODE[:-1]}",
        f"https://veritem.vn/S/{CODE[:7]}U{CODE[8:]}",
        f"https://veritem.vn/01/{GTIN}/21/{CODE}9",
        f"https://veritem.vn/01/08935000000013/21/{CODE}",
        f"(01){GTIN}(17)260231(21){CODE}",
        f"(01){GTIN}(21){CODE}9",
        "0D9F.RH4K0121V8Q02M5T",
        CODE * 200,
    ],
)
def test_what_names_no_stamp_is_not_guessed_at(text: str) -> None:
    with pytest.raises(MalformedCode):
        parse_code(read_stamp(text).code)


def test_a_short_path_without_a_code_is_kept_as_written() -> None:
    assert read_short_path("AB%2FCD.SIG", "") == StampReference("AB/CD", "SIG")
    assert read_link_path("/01/x/21/y", "") == StampReference("")


codes = st.text(ALPHABET, min_size=20, max_size=20)
invisible = st.text("\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\ufe0f", max_size=2)
between = st.sampled_from(["", " ", "-", "\u00a0", "–", "—", ".", "·", " - ", "\u3000", "\u2009"])
before = st.sampled_from(["", "]Q1", "]d2", "\x1d", "\ufeff", '"', "«", "\t", "(", "\r\n"])
behind = st.sampled_from(
    ["", "/", ",", ")", "\r\n", "\t", "\u200b", ".", ";", "»", "!", "&x=1", "?y"]
)
hosts = st.sampled_from(["https://veritem.vn", "HTTP://V.VN:8080", "veritem.vn", ""])


@given(codes, st.lists(between, min_size=3, max_size=3), invisible, st.booleans(), before, behind)
def test_a_code_survives_keyboards_and_chats(
    code: str, marks: list[str], unseen: str, is_wide: bool, start: str, end: str
) -> None:
    parts = [code[at : at + 5] for at in range(0, 20, 5)]
    text = parts[0] + "".join(
        mark + unseen + part for mark, part in zip(marks, parts[1:], strict=True)
    )
    if is_wide:
        text = "".join(chr(ord(c) + 0xFEE0) if c.isalnum() else c for c in text.lower())
    assert parse_code(read_stamp(start + text + end).code) == code


@given(codes, hosts, before, behind, st.booleans())
def test_an_address_survives_chats_and_trackers(
    code: str, host: str, start: str, end: str, is_encoded: bool
) -> None:
    tail = quote(end, safe="/?&=") if is_encoded else end
    assert parse_code(read_stamp(f"{start}{host}/S/{code}{tail}").code) == code
    assert parse_code(read_stamp(f"{start}{host}/01/{GTIN}/21/{code}{tail}").code) == code


@given(codes, st.integers(0, 19), st.text(ALPHABET, min_size=1, max_size=1))
def test_a_code_with_a_letter_more_or_less_is_never_read(code: str, at: int, letter: str) -> None:
    for wrong in (code[:at] + code[at + 1 :], code[:at] + letter + code[at:]):
        for text in (wrong, f"https://veritem.vn/S/{wrong}", f"(01){GTIN}(21){wrong}"):
            with pytest.raises(MalformedCode):
                parse_code(read_stamp(text).code)


@given(st.text(max_size=120) | st.text("01()[]/S%2F.?&=-]Q\x1d" + ALPHABET, max_size=120))
def test_no_text_fails_and_no_code_is_made_up(text: str) -> None:
    for shown in (text, f"/S/{text}", f"/01/{GTIN}/21/{text}", f"]Q3{text}"):
        with suppress(MalformedCode):
            code = parse_code(read_stamp(shown).code)
            letters = unicodedata.normalize("NFKC", unquote(unquote(shown))).upper()
            assert sum(map(letters.count, "IL1")) >= code.count("1")
            assert all(letters.count(c) >= code.count(c) for c in code if c not in "01")


@given(st.text("0D9FRH4K(]/S%2", min_size=LONGEST_TEXT, max_size=LONGEST_TEXT + 50))
def test_a_long_text_is_bounded(text: str) -> None:
    assert len(read_stamp(text).code) <= LONGEST_TEXT
