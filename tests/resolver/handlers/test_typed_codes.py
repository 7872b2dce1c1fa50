"""The public service takes whatever of a stamp people have: in the address, the field, the API."""

from pathlib import Path
from urllib.parse import quote

import pytest

from tests.resolver.handlers.test_visit import base64url_of
from tests.resolver.house import JSON, PHONE, House, a_house, code_of, signature_of

GTIN = "08935000000014"


@pytest.mark.parametrize(
    "tail",
    [
        "{code}/", "{code},", "{code})", "{code}.", "{code}%0D%0A", "{code}%09", "{code}%20",
        "{code}&fbclid=IwAR0x", "{code}%E2%80%8B", "{code}?utm_lang=english&utm_source=zalo",
        "{wide}", "{groups}", "{dots}", "{dashes}", "{code}%00", "{code}%22", "{code}#top",
    ],
)  # fmt: skip
async def test_what_chats_and_scanners_append_does_not_hide_the_stamp(
    house: House, tail: str
) -> None:
    code = code_of(house.batches.active, 4)
    parts = [code[at : at + 5] for at in range(0, 20, 5)]
    target = "/S/" + tail.format(
        code=code,
        wide=quote("".join(chr(ord(c) + 0xFEE0) for c in code)),
        groups="%C2%A0".join(parts),
        dots=".".join(parts).lower(),
        dashes=quote("–".join(parts)),
    )
    if "%00" in target:  # refused at the door, as in every field
        assert (await house.get(target, **PHONE)).status == 400
        return
    shown = await house.get(target, **JSON)
    assert (shown.status, (await shown.json())["code"]) == (200, code)
    assert 'lang="vi"' in await (await house.get(target, **PHONE)).text()


@pytest.mark.parametrize("end", ["/", ")", "%0D%0A", "&fbclid=x", ",%20"])
async def test_a_signature_loses_only_what_can_not_belong_to_it(tmp_path: Path, end: str) -> None:
    async with a_house(tmp_path, gtin=GTIN) as house:
        code, other = code_of(house.batches.active, 4), code_of(house.batches.active, 5)
        for target in (
            f"/S/{code}.{signature_of(code)}{end}",
            f"/01/{GTIN}/21/{code}?8030={base64url_of(code)}{end}",
            f"/01/{GTIN}/21/{code}{end.replace('%20', '')}",
        ):
            assert (await house.get(target, **PHONE)).status == 200, target
        for target in (
            f"/S/{other}.{signature_of(code)}{end}",
            f"/01/{GTIN}/21/{other}?8030={base64url_of(code)}{end}",
        ):
            assert (await house.get(target, **PHONE)).status == 404, target


async def test_the_field_takes_addresses_scans_and_element_strings(tmp_path: Path) -> None:
    async with a_house(tmp_path, gtin=GTIN) as house:
        code = code_of(house.batches.active, 4)
        signature, link = signature_of(code), f"/01/{GTIN}/21/{code}"
        for typed, target in (
            (f"https://veritem.vn/S/{code}?utm_source=zalo", f"/S/{code}"),
            (f"veritem.vn/s/{code.lower()}", f"/S/{code}"),
            (f"]Q1HTTPS://VERITEM.VN/S/{code}\r\n", f"/S/{code}"),
            (f"Xem tem https://veritem.vn/S/{code}, nhé", f"/S/{code}"),
            (f"https://veritem.vn/S/{code}.{signature}", f"/S/{code}.{signature}"),
            (f"(01){GTIN}(21){code}", link),
            (f"]d2\x1d01{GTIN}21{code}\r\n", link),
            (f"https://veritem.vn{link}?8030={base64url_of(code)}&x=1",
             f"{link}?8030={base64url_of(code)}"),
        ):  # fmt: skip
            sent = await house.get(f"/S?code={quote(typed, safe='')}&lang=en", **PHONE)
            switch = "&lang=en" if "?" in target else "?lang=en"
            assert (sent.status, sent.headers["Location"]) == (303, target + switch)
            assert (await house.get(target, **PHONE)).status == 200


async def test_the_field_is_longer_than_any_address(house: House) -> None:
    page = await (await house.get("/", **PHONE)).text()
    assert 'name="code"' in page
    assert 'maxlength="1000"' in page


async def test_a_hint_never_names_a_letter_that_codes_have(house: House) -> None:
    typed = "".join(chr(ord(c) + 0xFEE0) for c in "0135ABCU")
    page = await (await house.get(f"/S?code={quote(typed)}&lang=en", **PHONE)).text()
    assert "A code never contains: U<" in page
    assert "you entered 8" in page
    assert typed in page


async def test_the_api_takes_an_address_as_code(house: House) -> None:
    code = code_of(house.batches.active, 4)
    page = await (await house.get(f"/S/{code}", **JSON)).json()
    address = f"https://veritem.vn/S/{code}?utm_source={'x' * 300}"
    body = {"code": address, "token": page["token"], "place": None}
    scanned = await house.post("/v1/scans", body)
    assert (scanned.status, (await scanned.json())["code"]) == (200, code)
    body = (
        f'\ufeff{{"code": "]Q1{code}\\r\\n", "note": "nghi vấn", "token": "{page["token"]}"}}'
    ).encode()
    headers = {"Content-Type": "application/json", **JSON}
    async with house.session.post(
        f"{house.serving.url}/v1/reports", data=body, headers=headers
    ) as kept:
        assert kept.status == 201


@pytest.mark.parametrize("letter", ["榴", "ợ", "🍈", "x"])
async def test_the_form_takes_a_report_as_long_as_it_promises(house: House, letter: str) -> None:
    code = code_of(house.batches.active, 4)
    form = {"code": code, "note": letter * 1000, "token": await house.token(code)}
    async with house.session.post(
        f"{house.serving.url}/v1/reports", data=form, headers=PHONE, allow_redirects=False
    ) as kept:
        assert kept.status == 303
