"""Calls of the use cases in `services`: as a signed-in account, or as the operator, who reads."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from cli.context import get_user_name, open_installation, run_async
from cli.keys import open_issuer
from cli.settings import Settings
from cli.sign_ins import find_account
from issuer import Issuer
from ledger import Ledger
from ledger.ledger import now_ms
from services import Actor, ServiceContext

T = TypeVar("T")


def call_service(
    file: Path | None,
    use_case: Callable[[ServiceContext], Awaitable[T]],
    *,
    actor: str | None = None,
) -> T:
    """Open the ledger, run a use case, and answer its result.

    `actor` is the account that `--as` names, empty for the one that is signed in; None runs the
    use case as the operator of the host, who reads and changes nothing.
    """

    async def run() -> T:
        async with open_installation(file) as (settings, ledger):
            who = await _find_actor(settings, ledger, actor)
            return await use_case(_make_context(settings, ledger, who))

    return run_async(run())


def call_issuing_service(
    file: Path | None, use_case: Callable[[ServiceContext, Settings], Awaitable[T]], *, actor: str
) -> T:
    """Call a service as `call_service` does, with the issuer's keys opened and the settings."""

    async def run() -> T:
        async with open_installation(file) as (settings, ledger):
            issuer = open_issuer(settings, ledger)
            who = await _find_actor(settings, ledger, actor)
            return await use_case(_make_context(settings, ledger, who, issuer), settings)

    return run_async(run())


def _make_context(
    settings: Settings, ledger: Ledger, who: Actor, issuer: Issuer | None = None
) -> ServiceContext:
    return ServiceContext(
        ledger, who, now_ms, issuer, settings.desk.order_rules, rules=settings.rules
    )


async def _find_actor(settings: Settings, ledger: Ledger, chosen: str | None) -> Actor:
    if chosen is None:
        return Actor.operator(get_user_name())
    return Actor.of_staff(await find_account(settings, ledger, chosen))
