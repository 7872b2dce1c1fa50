"""A province as its authority administers it: parties, lists, reviewers, reports, portals, reviews.

The authority of a province sees its own. The ministry names one, and sees the lists of the country
beside it. Counts are bounded, and each is of rows that a list shows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ledger.lots.product_lists import ListEntry, ListEntryFilter
from ledger.notices.webhooks import Webhook
from ledger.organisations.registry import ORGANISATION_KINDS, OrganisationKind
from services.context import ServiceContext
from services.errors import InvalidInput
from services.figures.reports import DueReport, list_due_reports
from services.lists.description import ListCount, ListRequest
from services.lists.find import count_list
from services.lists.reviews import SUBMISSIONS
from services.notices import webhooks
from services.paging import Page, PageRequest
from services.permissions import Permission, require_permission
from services.product_lists import product_lists
from traceability.administrative_units import load_administrative_units

MOST_COUNTED: Final = 1000
MOST_SHOWN: Final = 50


@dataclass(frozen=True, slots=True)
class Portal:
    """A webhook of the authority with the number of its dead letters."""

    webhook: Webhook
    dead: int


@dataclass(frozen=True, slots=True)
class ProvinceOverview:
    """One province as it is administered."""

    province: str
    parties: Mapping[OrganisationKind, ListCount]
    """Organisations by kind; kinds without any are left out."""
    reviewers: Sequence[tuple[str, str]]
    """Account and name of those who may review for the province."""
    lists: Page[ListEntry]
    """The first entries that are not ended, the newest first, those of the country among them."""
    waiting: ListCount
    """Records that wait for review."""
    reports: Sequence[DueReport]
    """Reports that the reader owes; for the ministry its own."""
    portals: Sequence[Portal]
    """Webhooks of the reader's organisation."""


async def describe_province(context: ServiceContext, province: str | None) -> ProvinceOverview:
    """The province of the actor, or for the ministry the one that it names.

    Raises `Forbidden`, `InvalidInput`.
    """
    require_permission(context, Permission.PRODUCT_LIST_EDIT)
    actor = context.actor
    chosen = province if province is not None else actor.province
    if chosen is None or chosen not in load_administrative_units().provinces:
        raise InvalidInput(field="province", why=f"there is no province {chosen or ''}")
    if actor.province not in (None, chosen):
        raise InvalidInput(field="province", why="is not the own one")
    wanted = ListEntryFilter(provinces=("", chosen), is_ended=False)
    lists = await product_lists.list_entries(context, wanted, PageRequest(MOST_SHOWN))
    organisations, staff = context.ledger.organisations, context.ledger.staff
    counted = {
        kind: await organisations.count_of_province(chosen, kind, MOST_COUNTED + 1)
        for kind in ORGANISATION_KINDS
    }
    waiting = ListRequest(filters={"state": ("submitted", "approved"), "province": (chosen,)})
    return ProvinceOverview(
        province=chosen,
        parties={
            kind: ListCount(min(count, MOST_COUNTED), count > MOST_COUNTED)
            for kind, count in counted.items()
            if count
        },
        reviewers=await staff.find_authorities(chosen, MOST_SHOWN),
        lists=lists,
        waiting=await count_list(context, SUBMISSIONS, waiting),
        reports=await list_due_reports(context),
        portals=await _find_portals(context),
    )


async def _find_portals(context: ServiceContext) -> list[Portal]:
    if context.actor.organisation is None:
        return []
    found = await webhooks.list_webhooks(context, context.actor.organisation)
    dead = await webhooks.count_dead(context, found)
    return [Portal(one, dead.get(one.id, 0)) for one in found]
