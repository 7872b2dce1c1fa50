"""Reports: on every verdict and for unknown codes, once, with a way back, within budgets."""

import re
from html import unescape
from typing import Any

import aiohttp
import pytest

from ledger import ReportRow
from resolver.privacy.report_budget import ReportBudget
from tests.resolver.house import JSON, PHONE, House, code_of, signature_of
from tests.resolver.orchard import SECRET
from web.errors import TooManyRequests
from web.request_counter import MemoryRequestCounter

HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" form="report" value="([^"]*)">')


async def open_form(house: House, path: str) -> dict[str, str]:
    """The hidden fields of the report's form on a page."""
    page = await (await house.get(path, **PHONE)).text()
    assert 'id="report"' in page
    return {name: unescape(value) for name, value in HIDDEN.findall(page)}


async def send_form(
    house: House, form: dict[str, str], language: str = "vi", **headers: str
) -> aiohttp.ClientResponse:
    response = await house.session.post(
        f"{house.serving.url}/v1/reports?lang={language}",
        data=form,
        headers={**PHONE, **headers},
        allow_redirects=False,
    )
    await response.read()
    return response


async def reports_of(house: House, index: int) -> list[ReportRow]:
    return await house.ledger.reports.list_of_stamp(house.batches.active, index)


async def send(house: House, code: str, **more: Any) -> aiohttp.ClientResponse:
    network = more.pop("network", None)
    headers = {"X-Forwarded-For": network} if network else {}
    body = {"code": code, "token": await house.token(code), "note": "Tem mờ", **more}
    return await house.post("/v1/reports", body, **headers)


async def test_a_report_is_kept_with_its_stamp_kind_and_language(house: House) -> None:
    code = code_of(house.batches.active, 6)
    answer = await send(house, code, note="Bán ở chợ đêm", kind="mismatch", contact="0900 1")
    assert (answer.status, (await answer.json())["code"]) == (201, code)
    [report] = await reports_of(house, 6)
    assert (report.text, report.kind, report.language) == ("Bán ở chợ đêm", "mismatch", "vi")
    contacts = await house.ledger.report_contacts.find([report.id])
    assert contacts == {report.id: "0900 1"}


async def test_the_same_words_are_one_report_whatever_is_tapped_again(house: House) -> None:
    code = code_of(house.batches.active, 6)
    form = {**await open_form(house, f"/S/{code}"), "kind": "copied", "note": "Tem mờ"}
    for _ in range(2):
        assert (await send_form(house, form)).status == 303
    # The page was reloaded, or opened again on the way back.
    again = {**form, **await open_form(house, f"/S/{code}")}
    assert again["token"] != form["token"]
    assert (await send_form(house, again)).status == 303
    assert [report.text for report in await reports_of(house, 6)] == ["Tem mờ"]
    for changed in ({"note": "Và quả bị thối"}, {"X-Forwarded-For": "10.9.9.9"}):
        headers = {k: v for k, v in changed.items() if k not in form}
        fields = {**form, **{k: v for k, v in changed.items() if k in form}}
        assert (await send_form(house, fields, **headers)).status == 303
    assert len(await reports_of(house, 6)) == 3


@pytest.mark.parametrize("name", ["active", "printed", "void", "suspended", "recalled", "sealed"])
async def test_every_verdict_can_be_reported(house: House, name: str) -> None:
    batch = getattr(house.batches, name)
    form = await open_form(house, f"/S/{code_of(batch, 4)}")
    assert (await send_form(house, {**form, "note": "?"})).status == 303
    assert len(await house.ledger.reports.list_of_stamp(batch, 4)) == 1


@pytest.mark.parametrize("typed", ["0" * 20, "0abcd-efgh", "mã lạ <b>", "x" * 90])
async def test_unknown_and_unreadable_codes_can_be_reported(house: House, typed: str) -> None:
    object.__setattr__(house.dependencies.settings, "unknown_code_seconds", 0.0)
    form = await open_form(house, f"/S?code={typed}" if typed != "0" * 20 else f"/S/{typed}")
    sent = await send_form(house, {**form, "note": "Dán trên thùng ở chợ"})
    assert sent.status == 303
    thanks = await house.get(sent.headers["Location"], **PHONE)
    assert "Cảm ơn bạn" in await thanks.text()
    for other in ("en", "zh"):  # the languages of the page lead to the same one
        path = sent.headers["Location"].partition("?")[0]
        page = await (await house.get(f"{path}?lang={other}", **PHONE)).text()
        assert re.search('href="/S[/?][^"]+"><?', page)
    kept = "".join(letter for letter in typed.upper() if letter.isalnum())[:40]
    [report] = await house.ledger.reports.list_of_code(kept)
    assert report.text == "Dán trên thùng ở chợ"


async def test_a_token_of_an_unknown_code_confirms_no_scan_and_no_other_report(
    house: House,
) -> None:
    code, other = code_of(house.batches.active, 6), "0" * 20
    unknown = (await open_form(house, f"/S/{other}"))["token"]
    scan = {"code": code, "token": unknown, "place": None}
    assert (await house.post("/v1/scans", scan)).status == 403
    for report, status in (
        ({"code": code, "token": unknown, "note": "?"}, 403),
        ({"code": other, "token": await house.token(code), "note": "?"}, 404),
        ({"code": other, "token": "x", "note": "?"}, 404),
        ({"code": code, "note": "?"}, 400),
    ):
        assert (await house.post("/v1/reports", report)).status == status


async def test_who_writes_for_an_hour_loses_nothing(house: House) -> None:
    code = code_of(house.batches.active, 6)
    form = await open_form(house, f"/S/{code}")
    house.clock.pass_minutes(60)
    assert (await send_form(house, {**form, "note": "Kể dài"})).status == 303
    form = await open_form(house, f"/S/{code}")
    house.clock.pass_minutes(60 * 25)
    late = await send_form(house, {**form, "note": "Kể rất dài"})
    assert late.status == 410
    assert "Kể rất dài" in await late.text()


@pytest.mark.parametrize(
    ("fields", "flawed"),
    [
        ({"note": " ", "contact": "x" * 101}, ("note-flaw", "contact-flaw")),
        ({"note": "y" * 1001, "contact": "a@b.vn"}, ("note-flaw",)),
    ],
)
async def test_a_refused_form_comes_back_as_it_was_filled_in(
    house: House, fields: dict[str, str], flawed: tuple[str, ...]
) -> None:
    code = code_of(house.batches.active, 6)
    form = await open_form(house, f"/S/{code}")
    refused = await send_form(house, {**form, **fields, "kind": "unsafe"})
    page = await refused.text()
    assert refused.status == 400
    assert [name for name in ("note-flaw", "contact-flaw") if f'id="{name}"' in page] == [*flawed]
    assert fields["contact"] in page
    assert 'value="unsafe" selected' in page
    assert f'href="/S/{code}"' in page
    again = {name: unescape(value) for name, value in HIDDEN.findall(page)}
    # The language switch sends the form as it is: it comes back in that language and is not kept.
    [address] = re.findall(r'formaction="([^"]+lang=en[^"]+)"', page)
    url = house.serving.url + unescape(address)
    typed = {**again, **fields, "kind": "unsafe"}
    async with house.session.post(url, data=typed, headers=PHONE) as switched:
        shown = await switched.text()
    assert (switched.status, '<html lang="en"' in shown) == (200, True)
    assert [name for name in ("note-flaw", "contact-flaw") if f'id="{name}"' in shown] == [*flawed]
    assert fields["contact"] in shown
    assert await reports_of(house, 6) == []
    assert (await send_form(house, {**again, "note": "Tem mờ"})).status == 303
    assert len(await reports_of(house, 6)) == 1


@pytest.mark.parametrize("language", ["vi", "en", "zh"])
async def test_each_answer_to_a_form_leads_back_to_the_page(house: House, language: str) -> None:
    code = code_of(house.batches.active, 6)
    sent = await send_form(house, {**await open_form(house, f"/S/{code}"), "note": "?"}, language)
    page = await (await house.get(sent.headers["Location"], **PHONE)).text()
    assert f'href="/S/{code}"' in page
    scan = {"code": code, "token": await house.token(code), "province": "79"}
    url = f"{house.serving.url}/v1/scans?lang={language}"
    async with house.session.post(url, data=scan, headers=PHONE, allow_redirects=False) as scanned:
        assert scanned.status == 303
    back = await house.get(scanned.headers["Location"], **PHONE)
    assert back.status == 200
    # It can be reloaded, and the languages lead to the same stamp.
    assert str(back.url.path) == f"/S/{code}"
    scan["token"] = "x" * 22
    async with house.session.post(url, data=scan, headers=PHONE) as foreign:
        assert f'href="/S/{code}"' in await foreign.text()


async def test_a_way_back_keeps_the_signature(house: House) -> None:
    code = code_of(house.batches.active, 6)
    async with house.session.post(
        f"{house.serving.url}/v1/reports",
        data={
            "code": code,
            "token": await house.token(code),
            "note": "?",
            "signature": signature_of(code),
        },
        headers=PHONE,
    ) as thanks:
        assert f'href="/S/{code}.{signature_of(code)}"' in await thanks.text()


async def test_a_report_must_say_something_and_not_too_much(house: House) -> None:
    code = code_of(house.batches.active, 6)
    for flaw in (
        {"note": ""},
        {"note": "  "},
        {"note": "x" * 1001},
        {"note": 7},
        {"kind": "rumour"},
        {"contact": "x" * 101},
        {"photo": "x"},
    ):
        assert (await send(house, code, **flaw)).status == 400


async def test_a_network_that_sends_many_is_marked_and_then_refused(house: House) -> None:
    clock, counter = house.clock, MemoryRequestCounter(house.clock)
    budget = ReportBudget(counter, clock, secret=SECRET)
    crowded = [await budget.count_report("10.0.0.1", f"c{n}") for n in range(100)]
    assert (crowded.count(False), crowded[:11]) == (10, [False] * 10 + [True])
    with pytest.raises(TooManyRequests):
        await budget.count_report("10.0.0.1", "c")
    assert not await budget.count_report("10.0.0.2", "c")
    clock.pass_minutes(60 * 24)
    assert not await budget.count_report("10.0.0.1", "c")


async def test_ten_networks_crowd_out_nobody(house: House) -> None:
    """Ten networks send all they may: an eleventh one's report is an ordinary one."""
    budget = ReportBudget(MemoryRequestCounter(house.clock), house.clock, secret=SECRET)
    single = 0
    for network in range(10):
        for n in range(100):
            single += not await budget.count_report(f"10.0.0.{network}", f"{network} {n}")
    assert single == 100
    assert not await budget.count_report("10.0.1.1", "true")
    # About one code, the fifty first reports of a day are ordinary ones.
    of_code = [await budget.count_report(f"10.1.0.{n}", "one") for n in range(60)]
    assert of_code == [False] * 50 + [True] * 10


async def test_over_the_budget_the_form_keeps_what_was_typed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("resolver.privacy.report_budget._MOST_OF_NETWORK", 0)
    form = await open_form(house, f"/S/{code_of(house.batches.active, 6)}")
    refused = await send_form(house, {**form, "note": "Tem mờ lắm"})
    assert (refused.status, "Retry-After" in refused.headers) == (429, True)
    assert "Tem mờ lắm" in await refused.text()
    code = code_of(house.batches.active, 7)
    assert (await house.post("/v1/reports", {
        "code": code, "token": await house.token(code), "note": "?",
    }, **JSON)).status == 429  # fmt: skip
    assert await reports_of(house, 7) == []
