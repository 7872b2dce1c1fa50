"""Sign-in with a password, and how often anybody may try.

Rules, after the device cookies of OWASP ("Slow Down Online Guessing Attacks with
Device Cookies"):

- A browser that signed in to an account before is known for that account. It has a budget of its
  own and a place of its own in the password queue, so no stranger can keep it out.
- Everybody else is a stranger. Strangers have a budget by network, and one by account: together
  they guess ten passwords of an account at once, then ten an hour. A right one-time code, which
  a stranger cannot guess at that rate, gets a new browser past the account's budget.
- A known browser that has spent its budget is a stranger.
- A right password gives its attempt back. So an office behind one address can sign in at once.
- An unknown name has the same budgets, takes the same time and gets the same answers.

Strangers get one hash at a time, about five a second, so it takes them more than two hours to push
an account's budget out of the 50,000 that are remembered; by then it has grown back.

Each process counts for itself.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from ledger import Ledger, Staff
from ledger.account_names import normalise_account_name
from ledger.accounts.password_queue import QueueParty
from services.attempt_budget import AttemptBudget
from services.context import ServiceContext
from services.errors import ConfirmationLimited, InvitationLimited

MINUTE_MS: Final = 60_000
_LONGEST_KEY: Final = 64
"""Characters of a name that are kept as a key; no account's name is longer."""


@dataclass(frozen=True, slots=True)
class KnownBrowser:
    """A browser that signed in before."""

    id: str
    accounts: tuple[str, ...]
    """The accounts that it signed in to."""


@dataclass(frozen=True, slots=True)
class SignInAttempt:
    """Credentials that somebody typed, and where they came from."""

    account: str
    password: str
    otp: str | None
    network: str
    """IPv4 address or IPv6 /64; empty when it is not known."""
    browser: KnownBrowser | None = None


@dataclass(frozen=True, slots=True)
class IdentityProof:
    """Password and one-time code of somebody who is signed in, for what a session may not do."""

    password: str
    otp: str | None
    session: str
    """The session that asks: each has its own budget, so a stolen one blocks no other."""


class SignInBudgets:
    """The attempts of one process."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self.networks: Final = AttemptBudget(30, refill_ms=2_000, clock=clock)
        self.accounts: Final = AttemptBudget(10, refill_ms=6 * MINUTE_MS, clock=clock)
        """Budget of all strangers together, by account."""
        self.browsers: Final = AttemptBudget(10, refill_ms=MINUTE_MS, clock=clock)
        """Budget by browser and account."""
        self.sessions: Final = AttemptBudget(
            5, refill_ms=3 * MINUTE_MS, clock=clock, refusal=ConfirmationLimited
        )
        self.invitation_networks: Final = AttemptBudget(
            10, refill_ms=MINUTE_MS, clock=clock, refusal=InvitationLimited
        )
        """Wrong codes of invitations by network."""
        self.invitation_codes: Final = AttemptBudget(
            1_000, refill_ms=1_000, clock=clock, refusal=InvitationLimited
        )
        """Wrong codes of invitations of all networks together: a hundred networks at full speed."""


async def sign_in(
    ledger: Ledger, budgets: SignInBudgets, attempt: SignInAttempt, *, at: int
) -> Staff:
    """The account, if name, password and one-time code are right.

    Raises `WrongCredentials`, `SignInLimited`, `SignInBusy`.
    """
    account = normalise_account_name(attempt.account)[:_LONGEST_KEY]
    proof = (account, attempt.password, attempt.otp)
    browser, staff = attempt.browser, ledger.staff
    if browser is not None and account in browser.accounts:
        key = (browser.id, account)
        if budgets.browsers.has_left(key):
            party = QueueParty(is_known=True, key=account)
            with budgets.browsers.attempt(key):
                known = await staff.sign_in(*proof, party=party, at=at)
            budgets.browsers.restore(key)
            return known
    party = QueueParty(is_known=False, key=attempt.network)
    if budgets.accounts.has_left(account):
        with budgets.networks.attempt(attempt.network), budgets.accounts.attempt(account):
            return await staff.sign_in(*proof, party=party, at=at)
    # The network pays, or one-time codes could be guessed without a limit.
    budgets.networks.take(attempt.network)
    if not await staff.is_otp_right(account, attempt.otp or "", at=at):
        budgets.accounts.take(account)
    return await staff.sign_in(*proof, party=party, at=at)


async def confirm_identity(
    context: ServiceContext, budgets: SignInBudgets, proof: IdentityProof
) -> Staff:
    """The actor's account, if the proof is right.

    Raises `WrongCredentials`, `ConfirmationLimited`, `SignInBusy`.
    """
    with budgets.sessions.attempt(proof.session):
        staff = await context.ledger.staff.confirm_identity(
            context.actor.id, proof.password, proof.otp, at=context.clock()
        )
    budgets.sessions.restore(proof.session)
    return staff
