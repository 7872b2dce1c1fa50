"""The lists of lots and of cartons."""

import json
from collections.abc import Sequence
from typing import Final

from ledger.lists import Match, tables
from ledger.lots.product_lists import LIST_KINDS
from services import scope
from services.context import ServiceContext
from services.lists.description import Groups, ListColumn, ListDescription, ListFilter, Row
from services.lists.filters import (
    PRODUCT_FILTER,
    PROVINCE_FILTER,
)
from services.lists.search import (
    search_cartons,
    search_lots,
)
from services.permissions import Permission
from stamps.vietnam_time import DAY_MS, to_iso_day
from traceability.carton_label import format_label


def _scope_lots(context: ServiceContext) -> Groups:
    wanted = scope.lot_scope(context.actor)
    if wanted.province is not None:
        return [[("province", wanted.province)]]
    if wanted.grower is not None:
        return [[("grower", wanted.grower)]]
    return [] if wanted.organisation is None else [[("organisation", wanted.organisation)]]


def _scope_cartons(context: ServiceContext) -> Groups:
    """Scope as in `scope.carton_scope`."""
    wanted = scope.carton_scope(context.actor)
    groups: list[list[Match]] = []
    if wanted.organisation is not None:
        groups.append([("organisation", wanted.organisation)])
    if wanted.province is not None:
        groups.append([("province", wanted.province)])
    return groups


_UNPUBLISHED: Final = "unpublished"
"""A mandatory list, in force or coming, under which the last version is not published."""
_RECALL: Final = ("recall_reason", "recall_at", "recall_by")


RECENT_DAYS: Final = 30
"""For so long a recall is one of lately."""
_UNPUBLISHED_DAYS: Final = 90
"""For so long after it was saved, a lot without its mandatory publication is told."""


def _match_lot(context: ServiceContext, name: str, value: str) -> Match:
    """What is judged by the time: recalls of lately, and lists in force."""
    if (name, value) == ("state", "recalled_lately"):
        return ("recalled_since", context.clock() - RECENT_DAYS * DAY_MS)
    if name == "list":
        day = to_iso_day(context.clock())
        if value == _UNPUBLISHED:
            return ("unpublished", (day, context.clock() - _UNPUBLISHED_DAYS * DAY_MS))
        return ("list", (value, day))
    return (name, value)


async def _complete_lots(context: ServiceContext, rows: Sequence[Row]) -> Sequence[Row]:
    """The name that a lot gives its product, for products that are not registered; its recall."""
    found = await context.ledger.recall_notices.find([row["id"] for row in rows])
    recalls = {code: (one.reason, one.at, one.decided_by) for code, one in found.items()}
    nothing = (None, None, None)
    products = [json.loads(row["document"]).get("product") or {} for row in rows]
    return [
        {
            **row,
            "product_name": product.get("name"),
            **dict(zip(_RECALL, recalls.get(row["id"], nothing), strict=True)),
        }
        for row, product in zip(rows, products, strict=True)
    ]


async def _name_pallets(_: ServiceContext, rows: Sequence[Row]) -> Sequence[Row]:
    """The label of the pallet that each carton is on."""
    return [
        {**row, "pallet_label": row["pallet"] and format_label(row["pallet"].partition("@")[0])}
        for row in rows
    ]


LOTS: Final = ListDescription(
    name="lots",
    table=tables.LOTS,
    permissions=(Permission.LOT_SEE,),
    columns=(
        ListColumn("id", "lot"),
        ListColumn("product", "product", below="id"),
        ListColumn("organisation", "organisation"),
        ListColumn("packing_house", "text", below="organisation"),
        ListColumn("packed_at", "day"),
        ListColumn("at", "moment", sort="at"),
        ListColumn("state", "slug", family="lots"),
        ListColumn("recall_reason", "slug", family="why", below="state"),
        ListColumn("recall_at", "day", below="state"),
        ListColumn("recall_by", "person", below="state"),
        ListColumn("expires_at", "day", is_exported_only=True),
        ListColumn("actor", "person", is_exported_only=True),
    ),
    filters=(
        ListFilter(
            "state",
            "choice",
            choices=("complete", "incomplete", "recalled", "recalled_lately"),
            family="lots",
        ),
        PRODUCT_FILTER,
        ListFilter("list", "choice", choices=(*LIST_KINDS, _UNPUBLISHED), family="lot_list"),
        ListFilter("organisation", "organisation", organisation_kind="packer"),
        PROVINCE_FILTER,
    ),
    sorts={"at": int},
    key_type=str,
    default_sort="-at",
    scope=_scope_lots,
    search=search_lots,
    complete=_complete_lots,
    make_match=_match_lot,
)


CARTONS: Final = ListDescription(
    name="cartons",
    table=tables.CARTONS,
    permissions=(Permission.CARTON_SEE,),
    columns=(
        ListColumn("id", "carton"),
        ListColumn("kind", "slug", family="carton_kind", below="id"),
        ListColumn("organisation", "organisation"),
        ListColumn("pallet_label", "text"),
        ListColumn("stamps", "count"),
        ListColumn("changed_at", "moment", sort="changed_at"),
        ListColumn("changed_by", "person", below="changed_at"),
        ListColumn("cartons", "count", is_exported_only=True),
        ListColumn("created_at", "moment", is_exported_only=True),
    ),
    filters=(
        ListFilter("kind", "choice", choices=("carton", "pallet"), family="carton_kind"),
        ListFilter("organisation", "organisation", organisation_kind="packer"),
        PROVINCE_FILTER,
    ),
    sorts={"changed_at": int},
    key_type=str,
    default_sort="-changed_at",
    scope=_scope_cartons,
    search=search_cartons,
    complete=_name_pallets,
)
