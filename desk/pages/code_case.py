"""The page of a case about a registered code: reasons, figures, map of places, lots, history."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from desk.pages.call import PageCall
from desk.pages.code_values import load_code_names
from desk.pages.scan_map import ScanMap, SitePlace, draw_sites
from desk.pages.scan_trail import describe_reason
from detection.code_rules import DEFAULT_CODE_RULES, find_distance, judge_code
from ledger import Alert, RegisteredCode
from ledger.alerts.alert_record import CodeCount
from ledger.code_watch.code_watch import CodeActivity
from ledger.orders.crop import CropEstimate
from services.codes import registered_codes
from services.codes.code_evidence import count_evidence, may_see_evidence
from services.codes.code_watch import get_activity, list_used_lots, locate_code
from services.lists.find import find_person_names
from services.permissions import Permission, has_permission
from stamps.vietnam_time import VIETNAM_TIME
from traceability.administrative_units import load_administrative_units
from web.i18n import Language, Texts

_LOTS: Final = 10
_CHANGES: Final = 10
_FULL_BAR: Final = 8.0
"""Weight of a full bar, in nats."""


@dataclass(frozen=True, slots=True)
class PartnerLine:
    """One packing house or growing area in the table of figures."""

    code: str | None
    name: str | None
    where: str | None
    km: int | None
    months: Sequence[int]
    stamps: int
    is_far: bool


@dataclass(frozen=True, slots=True)
class ReasonLine:
    """A reason with its weight."""

    text: str
    stamps: int
    weight: float
    share: int


async def describe_code_use(call: PageCall, code: str, at: int | None = None) -> dict[str, Any]:
    """Return what a page shows of the use of a code in the season of a time (None: now)."""
    activity = await get_activity(call.context, code, at)
    texts = call.texts
    row = await registered_codes.get_code(call.context, code)
    names = await load_code_names(call, [row])
    lines = _list_partners(activity, row, call.language)
    return {
        "activity": activity,
        "months": activity.list_months(),
        "partners": lines,
        "crops": [
            (names.products.get(product, product), crop, _share(activity, product, crop))
            for product, crop in activity.crops.items()
        ],
        "ordered": sum(activity.ordered.values()),
        "drawing": _draw(activity, row, lines, texts),
        "names": names,
    }


async def describe_code_case(call: PageCall, alert: Alert) -> dict[str, Any]:
    """Return what a case about a registered code shows beside the case itself."""
    assert alert.code is not None  # noqa: S101 - the caller looked
    context = call.context
    row = await registered_codes.get_code(context, alert.code)
    use = await describe_code_use(call, row.code, _find_time(alert, context.clock()))
    lots = None
    if has_permission(context.actor, Permission.LOT_SEE):
        lots = await list_used_lots(context, row.code, limit=_LOTS, after=call.query.get("lots"))
    history = await registered_codes.list_history(context, row.code, limit=_CHANGES)
    now = [
        one for one in judge_code(use["activity"].facts, DEFAULT_CODE_RULES)
        if one.kind == alert.kind
    ]  # fmt: skip
    return {
        **use,
        "code": row,
        "condition": row.get_condition(context.clock()),
        "code_reasons": [
            ReasonLine(
                describe_reason(fact.reason, call.texts),
                fact.stamps,
                fact.weight,
                round(100 * min(1.0, fact.weight / _FULL_BAR)),
            )
            for one in now
            for fact in one.facts
        ],
        "least": DEFAULT_CODE_RULES.alert,
        "used_lots": lots,
        "changes": [(entry, entry.action.rpartition(".")[2]) for entry in history.items],
        "changers": await find_person_names(
            context, row.status_by, *(entry.actor for entry in history.items)
        ),
        "code_address": f"/codes/{row.code}",
        "evidence_count": (await count_evidence(context, [row.code])).get(row.code, 0)
        if may_see_evidence(context, row)
        else None,
    }


def _find_time(alert: Alert, now: int) -> int:
    """Now, or the end of the season that the case was opened in."""
    counted = alert.counted
    if not isinstance(counted, CodeCount):
        return now
    end = datetime(counted.year + 1, 1, 1, tzinfo=VIETNAM_TIME).timestamp()
    return min(now, round(end * 1000) - 1)


def _share(activity: CodeActivity, product: str, crop: CropEstimate) -> float | None:
    stamps = sum(row.stamps for row in activity.rows if row.product == product)
    return stamps / crop.fruits if crop.fruits else None


def _list_partners(
    activity: CodeActivity, row: RegisteredCode, language: Language
) -> list[PartnerLine]:
    home, units = locate_code(row), load_administrative_units()
    lines = []
    for code, stamps in activity.sum_partners():
        known = None if code is None else activity.codes.get(code)
        gap = None if known is None else find_distance(home, locate_code(known))
        province = None if known is None else units.provinces.get(known.province or "")
        lines.append(
            PartnerLine(
                code=code,
                name=None if known is None else known.name,
                where=None if province is None else province.name(language, short=True),
                km=None if gap is None else round(gap),
                months=[activity.sum_month(month, code) for month in activity.list_months()],
                stamps=stamps,
                is_far=gap is not None and gap > DEFAULT_CODE_RULES.far_km,
            )
        )
    return lines


def _draw(
    activity: CodeActivity, row: RegisteredCode, lines: Sequence[PartnerLine], texts: Texts
) -> ScanMap | None:
    places = []
    known: Mapping[str, RegisteredCode] = activity.codes
    for number, line in enumerate(lines, 1):
        place = locate_code(known[line.code]) if line.code and line.code in known else None
        if place is not None:
            places.append(SitePlace(number, place, line.where or line.code or "", line.is_far))
    return draw_sites(locate_code(row), places)
