"""Sign-in: budgets of strangers and browsers, and the same answers for unknown names."""

import pyotp
import pytest

from ledger import NewAccount
from ledger.staff_errors import WrongCredentials
from services import sign_in
from services.accounts import accounts
from services.attempt_budget import AttemptBudget
from services.errors import SignInLimited
from services.sign_in import KnownBrowser, SignInAttempt, SignInBudgets
from stamps.errors import VeritemError
from tests.services.office import Office, new_key

pytestmark = pytest.mark.usefixtures("quick_passwords")

PASSWORD = "sầu riêng Ri6 chín cây"
OTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
PHONE = KnownBrowser("phone", ("mai",))


class Door:
    """The sign-in of an office, with one account."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.budgets = SignInBudgets(lambda: office.now)

    async def add_mai(self, otp_secret: str | None = None) -> None:
        await accounts.add_account(
            self.office.context("operator"),
            NewAccount("Mai ", "Mai", PASSWORD, otp_secret, "packer"),
            new_key(),
        )

    async def knock(
        self,
        account: str = "mai",
        password: str = PASSWORD,
        *,
        otp: str | None = None,
        network: str = "198.51.100.1",
        browser: KnownBrowser | None = None,
    ) -> str:
        """`in`, or the code of the refusal."""
        attempt = SignInAttempt(account, password, otp, network, browser)
        try:
            await sign_in.sign_in(self.office.ledger, self.budgets, attempt, at=self.office.now)
        except VeritemError as refusal:
            return refusal.code
        return "in"


@pytest.fixture
async def door(office: Office) -> Door:
    made = Door(office)
    await made.add_mai()
    return made


@pytest.mark.parametrize("typed", ["mai", "Mai", "MAI", " mai ", "mai\u00a0", "ｍａｉ"])
async def test_an_account_has_one_name_however_it_is_typed(door: Door, typed: str) -> None:
    assert await door.knock(typed) == "in"


async def test_strangers_can_not_keep_a_known_browser_out(door: Door) -> None:
    answers = [
        await door.knock(password="not the password", network=f"198.51.100.{n}") for n in range(40)
    ]
    assert answers == ["wrong-credentials"] * 10 + ["sign-in-limited"] * 30
    assert await door.knock(network="203.0.113.9") == "sign-in-limited"
    assert await door.knock(network="203.0.113.9", browser=PHONE) == "in"
    assert await door.knock(network="198.51.100.1", browser=PHONE) == "in"


async def test_a_network_has_a_budget_that_known_browsers_do_not_need(door: Door) -> None:
    answers = [await door.knock(f"name{n}") for n in range(50)]
    assert answers == ["wrong-credentials"] * 30 + ["sign-in-limited"] * 20
    assert await door.knock() == "sign-in-limited"
    assert await door.knock(network="2001:db8::") == "in"
    assert await door.knock(browser=PHONE) == "in"
    door.office.now += 2_000
    assert await door.knock() == "in"


async def test_an_office_behind_one_address_signs_in_at_once(door: Door) -> None:
    assert {await door.knock() for _ in range(100)} == {"in"}


async def test_a_known_name_and_an_unknown_one_get_the_same_answers(door: Door) -> None:
    for hour in range(3):
        answers = {}
        for name in ("mai", "nobody", "no such name!", "x" * 100):
            answers[name] = [
                await door.knock(name, "not the password", network=f"198.51.{hour}.{n}")
                for n in range(15)
            ]
        assert len({tuple(found) for found in answers.values()}) == 1, answers
        door.office.now += 3_600_000


async def test_guesses_of_an_account_are_ten_and_then_ten_an_hour(door: Door) -> None:
    checked = 0
    for minute in range(24 * 60):
        found = await door.knock(password="not the password", network=f"10.0.{minute % 250}.1")
        checked += found == "wrong-credentials"
        door.office.now += 60_000
    assert 240 <= checked <= 250


async def test_a_known_browser_may_mistype_but_not_guess(door: Door) -> None:
    for _ in range(9):
        assert await door.knock(password="not it", browser=PHONE) == "wrong-credentials"
    assert await door.knock(browser=PHONE) == "in"
    answers = [await door.knock(password="not it", browser=PHONE) for _ in range(40)]
    # ten as a browser, ten as a stranger
    assert answers == ["wrong-credentials"] * 20 + ["sign-in-limited"] * 20
    assert await door.knock(browser=KnownBrowser("laptop", ("mai",))) == "in"


async def test_a_browser_is_known_for_its_own_accounts_only(door: Door) -> None:
    for n in range(10):
        await door.knock(password="not it", network=f"198.51.100.{n}")
    assert await door.knock(browser=KnownBrowser("theirs", ("bo", "thanh"))) == "sign-in-limited"


async def test_a_one_time_code_gets_a_new_browser_past_strangers(office: Office) -> None:
    door = Door(office)
    await door.add_mai(OTP_SECRET)
    for n in range(10):
        await door.knock(password="not it", network=f"198.51.100.{n}")
    code = pyotp.TOTP(OTP_SECRET).at(office.now // 1000)
    owner = "203.0.113.9"
    assert await door.knock(network=owner) == "sign-in-limited"
    assert await door.knock(network=owner, otp="000000") == "sign-in-limited"
    assert await door.knock(network=owner, otp=code, password="wrong") == "wrong-credentials"
    assert await door.knock(network=owner, otp=code) == "in"
    answers = [await door.knock(network="198.51.100.1", otp=f"{n:06}") for n in range(40)]
    assert set(answers) == {"sign-in-limited"}
    assert not door.budgets.networks.has_left("198.51.100.1")


async def test_what_is_not_checked_costs_nothing(door: Door) -> None:
    await door.office.ledger.close()
    for _ in range(40):
        assert await door.knock() == "sign-in-busy"
    assert door.budgets.networks.has_left("198.51.100.1")
    assert door.budgets.accounts.has_left("mai")


async def test_a_forgotten_key_is_the_least_recently_used(door: Door) -> None:
    small = AttemptBudget(1, refill_ms=60_000, clock=lambda: door.office.now, keys=2)
    for key in ("a", "b", "c"):
        small.take(key)
    assert [small.has_left(key) for key in "abc"] == [True, False, False]
    with pytest.raises(SignInLimited) as refusal:
        small.take("b")
    assert refusal.value.seconds == 60
    with pytest.raises(WrongCredentials), small.attempt("a"):
        raise WrongCredentials
    assert not small.has_left("a")
