"""One-time codes that people turn on for themselves, and recovery codes."""

import re

import pyotp
import pytest

from tests.desk.people import Page, Somebody, somebody
from tests.desk.running_desk import PASSWORD, RunningDesk

pytestmark = pytest.mark.usefixtures("quick_passwords")

PATH = "/account/one-time-codes"


def secret_of(page: Page) -> str:
    found = re.search(r'typed-key" translate="no">([A-Z2-7 ]+)<', page.html)
    assert found, page.text
    return found[1].replace(" ", "")


def recovery_codes(page: Page) -> list[str]:
    return re.findall(r"<li>((?:[0-9A-Z]{4}-){3}[0-9A-Z]{4})</li>", page.html)


async def turn_on(desk: RunningDesk, person: Somebody) -> tuple[str, list[str]]:
    page = await person.get(PATH)
    secret = secret_of(page)
    code = pyotp.TOTP(secret).at(desk.clock.now // 1000)
    done = await person.submit(page, PATH, code=code, password=PASSWORD)
    assert done.status == 200, done.text
    return secret, recovery_codes(done)


async def test_codes_are_turned_on_with_a_code_of_the_app(desk: RunningDesk) -> None:
    async with somebody(desk, "mai") as person, somebody(desk, "mai") as elsewhere:
        secret, codes = await turn_on(desk, person)
        assert len(set(codes)) == 10
        assert recovery_codes(await person.get(PATH)) == []  # shown once
        assert (await elsewhere.get("/account")).path.startswith("/sign-in")
        assert (await elsewhere.sign_in("mai")).status == 401
        desk.clock.now += 60_000
        otp = pyotp.TOTP(secret).at(desk.clock.now // 1000)
        fields = {"name": "mai", "password": PASSWORD, "otp": otp, "next": ""}
        assert (await elsewhere.post("/sign-in", fields)).path == "/"


async def test_a_mistyped_code_keeps_the_picture_and_turns_nothing_on(desk: RunningDesk) -> None:
    async with somebody(desk, "mai") as person:
        page = await person.get(PATH)
        wrong = await person.submit(page, PATH, code="000000", password=PASSWORD)
        assert "không khớp" in wrong.text
        assert secret_of(wrong) == secret_of(page)
        code = pyotp.TOTP(secret_of(page)).at(desk.clock.now // 1000)
        assert (await person.submit(page, PATH, code=code, password="not it")).status == 401
        assert not (await desk.ledger.staff.get("mai")).has_otp


async def test_a_picture_of_another_session_proves_nothing(desk: RunningDesk) -> None:
    async with somebody(desk, "mai") as person:
        page = await person.get(PATH)
        await person.sign_in("mai")
        again = await person.get("/account")
        code = pyotp.TOTP(secret_of(page)).at(desk.clock.now // 1000)
        refused = await person.submit(again, PATH, code=code, password=PASSWORD)
        assert "hết hạn" in refused.text
        assert not (await desk.ledger.staff.get("mai")).has_otp


async def test_a_recovery_code_signs_in_once(desk: RunningDesk) -> None:
    async with somebody(desk, "mai") as person, somebody(desk) as elsewhere:
        _, codes = await turn_on(desk, person)
        typed = codes[0].lower().replace("-", " ")
        fields = {"name": "mai", "password": PASSWORD, "otp": typed, "next": "/account"}
        assert (await elsewhere.post("/sign-in", fields)).status == 200
        assert "Còn 9" in (await elsewhere.get("/account")).text
        assert (await elsewhere.post("/sign-in", fields)).status == 401
        assert [
            e.action for e in await desk.ledger.audit.list_of_subject("staff:mai", limit=2)
        ] == [
            "staff.sign-in",
            "staff.recovery",
        ]


async def test_a_recovery_code_of_another_account_is_worth_nothing(desk: RunningDesk) -> None:
    async with somebody(desk, "mai") as mai, somebody(desk, "lan") as lan:
        _, codes = await turn_on(desk, mai)
        await turn_on(desk, lan)
        fields = {"name": "lan", "password": PASSWORD, "otp": codes[0], "next": ""}
        assert (await lan.post("/sign-in", fields)).status == 401


async def test_new_recovery_codes_replace_those_of_before(desk: RunningDesk) -> None:
    async with somebody(desk, "mai") as person:
        _, codes = await turn_on(desk, person)
        page = await person.get(PATH)
        renewed = await person.submit(page, f"{PATH}/recovery", password=PASSWORD, otp=codes[0])
        fresh = recovery_codes(renewed)
        assert len(fresh) == 10
        for code, status in ((codes[1], 401), (fresh[0], 200)):
            fields = {"name": "mai", "password": PASSWORD, "otp": code, "next": ""}
            assert (await person.post("/sign-in", fields)).status == status


async def test_guessing_recovery_codes_is_bounded(desk: RunningDesk) -> None:
    async with somebody(desk, "mai") as person:
        await turn_on(desk, person)
        page = await person.get(PATH)
        statuses = set()
        for number in range(8):
            guess = f"AAAA-AAAA-AAAA-{number:04}"
            answer = await person.submit(page, f"{PATH}/recovery", password=PASSWORD, otp=guess)
            statuses.add(answer.status)
        assert statuses == {401, 429}


async def test_recovery_codes_need_one_time_codes(desk: RunningDesk) -> None:
    async with somebody(desk, "mai") as person:
        page = await person.get("/account")
        refused = await person.submit(page, f"{PATH}/recovery", password=PASSWORD)
        assert "chưa bật" in refused.text
