"""Calls of the use cases in `services`, with the operator as actor."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from cli.context import get_user_name, open_installation, run_async
from cli.keys import open_issuer
from cli.settings import Settings
from ledger.ledger import now_ms
from services import Actor, ServiceContext

T = TypeVar("T")


def call_service(
    file: Path | None, use_case: Callable[[ServiceContext], Awaitable[T]], *, actor: str = ""
) -> T:
    """Open the ledger, run a use case as the operator, and answer its result."""

    async def run() -> T:
        async with open_installation(file) as (_, ledger):
            who = Actor.operator(actor or get_user_name())
            return await use_case(ServiceContext(ledger, who, now_ms))

    return run_async(run())


def call_issuing_service(
    file: Path | None, use_case: Callable[[ServiceContext, Settings], Awaitable[T]], *, actor: str
) -> T:
    """As `call_service`, with the issuer's keys opened; the use case also gets the settings."""

    async def run() -> T:
        async with open_installation(file) as (settings, ledger):
            issuer = open_issuer(settings, ledger)
            context = ServiceContext(ledger, Actor.operator(actor), now_ms, issuer)
            return await use_case(context, settings)

    return run_async(run())
