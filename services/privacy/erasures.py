"""Erasure: of personal data whose time is over, and of one person's on request."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import structlog

from ledger import Ledger, Staff
from ledger.account_names import normalise_account_name
from services.context import ServiceContext
from services.permissions import Permission, require_permission, require_whole_account
from services.privacy.personal_data import Retention
from services.repetition import repeat_forever
from stamps.vietnam_time import DAY_MS

ERASER: Final = "retention"
"""Name under which the service erases accounts of people who left."""
_PAUSE_SECONDS: Final = 3600.0

_log = structlog.get_logger(__name__)


async def erase_when_due(ledger: Ledger, retention: Retention) -> None:
    """Erase every hour what is past its time, until cancelled."""

    async def erase() -> None:
        await erase_due(ledger, retention)

    await repeat_forever(erase, seconds=_PAUSE_SECONDS, log=_log, trouble="old data waits")


async def erase_due(ledger: Ledger, retention: Retention) -> int:
    """Erase all personal data past its time, some rows at once; return how many."""
    erasures, now = ledger.erasures, ledger.clock()
    pseudonyms = now - retention.pseudonym_days * DAY_MS
    steps: tuple[Callable[[], Awaitable[int]], ...] = (
        erasures.erase_sessions,
        erasures.erase_form_drafts,
        erasures.erase_imports,
        erasures.erase_mail_requests,
        lambda: erasures.erase_scan_pseudonyms(pseudonyms),
        lambda: erasures.erase_report_pseudonyms(pseudonyms),
        lambda: _erase_departed(ledger, now - retention.departed_days * DAY_MS),
    )
    erased = 0
    for step in steps:
        while some := await step():
            erased += some
    return erased


async def _erase_departed(ledger: Ledger, before: int) -> int:
    departed = await ledger.erasures.list_departed(before)
    for account in departed:
        await ledger.people.erase(account, actor=ERASER)
    return len(departed)


async def show_person(context: ServiceContext, account: str) -> Mapping[str, Any]:
    """Return what is kept of a person, their own or somebody else's.

    What an administrator reads of somebody else is in the audit log. Raises `Forbidden`,
    `TokenLimited`, `UnknownStaff`.
    """
    require_whole_account(context)
    name = normalise_account_name(account)
    is_own = name == context.actor.id
    if not is_own:
        require_permission(context, Permission.ACCOUNT_MANAGE)
    found = await context.ledger.people.collect(name)
    if not is_own:
        await context.ledger.audit.append(
            actor=context.actor.id, action="staff.show_data", subject=f"staff:{name}"
        )
    return found


async def erase_person(context: ServiceContext, account: str) -> Staff:
    """Erase what is personal of a disabled account; its name of signing in stays in the record.

    Raises `Forbidden`, `TokenLimited`, `UnknownStaff`, `AccountActive`.
    """
    require_permission(context, Permission.ACCOUNT_MANAGE)
    require_whole_account(context)
    return await context.ledger.people.erase(
        normalise_account_name(account), actor=context.actor.id
    )
