"""The watch over the registry: follows what is done under codes and reports what looks wrong.

It runs in each process of the desk and as `veritem registry watch`. Several do no harm: the ledger
takes each page and each code once. A killed one leaves what it did not do to the next.
"""

from dataclasses import dataclass
from typing import Final

import structlog

from detection.code_rules import DEFAULT_CODE_RULES, CodeRules
from detection.place import Place
from ledger import Alert, Ledger, LotFilter, LotRow, RegisteredCode
from ledger.code_watch.code_watch import CodeActivity, LotUse
from services.codes.registered_codes import get_code
from services.context import ServiceContext
from services.paging import DEFAULT_LIMIT, Page, PageRequest
from services.permissions import Permission, require_permission
from services.repetition import repeat_forever
from traceability.administrative_units import load_administrative_units

POLL_SECONDS: Final = 2.0
"""Longest time until an activation is followed."""
_SITE_RADIUS_M: Final = 2_000.0

_log = structlog.get_logger(__name__)


class RegistryWatch:
    """Watches the registered codes of one ledger."""

    def __init__(self, ledger: Ledger, rules: CodeRules = DEFAULT_CODE_RULES) -> None:
        self._ledger = ledger
        self._rules = rules

    async def run(self) -> None:
        """Watch until cancelled; a ledger that fails is tried again."""
        await repeat_forever(
            self.take_turn,
            seconds=POLL_SECONDS,
            log=_log,
            trouble="the registry is not watched",
        )

    async def take_turn(self) -> list[Alert]:
        """Follow what happened and judge the codes that are due; return the alerts named."""
        await self._ledger.code_watch.follow()
        return await self._ledger.code_watch.judge_due(locate_code, self._rules)


@dataclass(frozen=True, slots=True)
class UsedLot:
    """A lot that names a code, with the stamps that were bound to it under the code."""

    lot: LotRow
    use: LotUse


async def get_activity(context: ServiceContext, text: str, at: int | None = None) -> CodeActivity:
    """What was done under a registered code in the season of a time (None: now).

    Raises `Forbidden`, `UnknownRow`.
    """
    require_permission(context, Permission.ALERT_SEE)
    code = await get_code(context, text)
    return await context.ledger.code_watch.read_activity(
        code, context.clock() if at is None else at, locate_code, DEFAULT_CODE_RULES
    )


async def list_used_lots(
    context: ServiceContext, text: str, *, limit: int = DEFAULT_LIMIT, after: str | None = None
) -> Page[UsedLot]:
    """The lots that name a code, the newest first, with their stamps and batches.

    Raises `Forbidden`, `UnknownRow`, `InvalidInput`.
    """
    require_permission(context, Permission.ALERT_SEE)
    code = (await get_code(context, text)).code
    request = PageRequest(limit, after)
    rows = await context.ledger.lots.find_page(
        LotFilter(names_code=code), after=request.key(int, str), limit=limit + 1
    )
    uses = await context.ledger.code_watch.find_uses(code, [lot.code for lot in rows])
    used = [UsedLot(lot, uses.get(lot.code, LotUse(0, 0, ()))) for lot in rows]
    return request.make_page(used, lambda one: (one.lot.at or 0, one.lot.code))


def locate_code(code: RegisteredCode) -> Place | None:
    """Where a registered code is: its coordinates, else its ward; None if it says neither."""
    if code.lat is not None and code.lon is not None:
        return Place(code.lat, code.lon, _SITE_RADIUS_M)
    ward = load_administrative_units().wards.get(code.ward or "")
    return None if ward is None else Place(ward.lat, ward.lon, ward.radius_km * 1000)
