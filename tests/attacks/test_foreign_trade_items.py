"""A genuine code under the trade item of other produce: cheap rice sold under the stamp of durian.

Whatever form names a GTIN, and wherever it is given, it opens only codes of its own batches.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from stamps.code import parse_code
from stamps.errors import MalformedCode, UnknownCode
from tests.resolver.handlers.test_claim import pin_of
from tests.resolver.house import JSON, PHONE, House, a_house, code_of
from traceability.stamp_reader import read_stamp

OWN, FOREIGN = "08935000000014", "08935000000021"


@pytest.fixture(params=[OWN, None], ids=["another GTIN", "no GTIN"])
async def store(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[House]:
    """A service whose batches have a GTIN, or none."""
    async with a_house(tmp_path, gtin=request.param) as made:
        yield made


def list_forms(code: str, gtin: str = FOREIGN) -> list[str]:
    """The forms that name a trade item, also short and malformed ones."""
    return [
        f"https://veritem.vn/01/{gtin}/21/{code}",
        f"HTTPS://VERITEM.VN/01/{gtin}/21/{code}",
        f"veritem.vn/01/{gtin}/10/L1/21/{code}/",
        f"https://veritem.vn/01/{gtin}/22/A/21/{code}?utm_source=x",
        f"https://veritem.vn/01/{gtin}/235/{code}",
        f"https://veritem.vn/01/{gtin[1:]}/21/{code}",
        f"https://veritem.vn/01/{gtin[:-1]}0/21/{code}",
        f"https://l.example/?u=https%3A%2F%2Fveritem.vn%2F01%2F{gtin}%2F21%2F{code}",
        f"]Q1https://veritem.vn/01/{gtin}/21/{code}\r\n",
        f"(01){gtin}(21){code}",
        f"01{gtin}21{code}",
        f"]d201{gtin}10L1\x1d21{code}",
    ]


async def test_no_page_opens_under_a_foreign_trade_item(store: House) -> None:
    code = code_of(store.batches.active, 1)
    for form in list_forms(code):
        if "/01/" not in form or form.startswith("]"):
            continue
        path = form[form.index("/01/") :]
        for headers in (PHONE, JSON):
            # 400: an address with a malformed trade item is no Digital Link.
            assert (await store.get(path, **headers)).status in (400, 404), path
    assert (await store.get(f"/S/{code}", **PHONE)).status == 200


async def test_no_field_takes_a_code_under_a_foreign_trade_item(store: House) -> None:
    code, index = code_of(store.batches.active, 1), 1
    token = await store.token(code)
    for form in list_forms(code):
        for path, more in (
            ("/v1/scans", {"token": token}),
            ("/v1/claims", {"pin": pin_of(store.batches.active, index)}),
            ("/v1/reports", {"note": "?", "token": token}),
        ):
            answer = await store.post(path, {"code": form, **more})
            assert answer.status == 404, (path, form)
    span = await store.ledger.transitions.get_span(store.batches.active, index)
    assert span.state == "activated"
    assert await store.ledger.scans.count() == 0


async def test_a_typed_foreign_address_ends_at_no_page(store: House) -> None:
    code = code_of(store.batches.active, 1)
    for form in list_forms(code):
        async with store.session.get(
            store.serving.url + "/S", params={"code": form}, headers=PHONE
        ) as answer:
            assert answer.status == 404, form


def test_every_form_here_is_read_with_its_trade_item_or_not_at_all() -> None:
    code = "0D9FRH4K0121V8Q02M5T"
    for form in list_forms(code):
        reference = read_stamp(form)
        if reference.gtin is None:
            with pytest.raises((MalformedCode, UnknownCode)):
                parse_code(reference.code)
        else:
            assert reference.gtin == FOREIGN
