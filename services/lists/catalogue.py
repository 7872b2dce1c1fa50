"""The lists of staff."""

import json
from collections.abc import Mapping, Sequence
from typing import Final, get_args

from ledger import REPORT_KINDS, AlertState, HearingState, OrderState, ProposalState, ReportState
from ledger.alerts.alert_record import AlertKind
from ledger.codes.registered_code import CODE_CONDITIONS
from ledger.codes.registered_code import from_row as read_code
from ledger.field.field_findings import FINDING_KINDS, FINDING_STATES
from ledger.lists import Match, tables
from ledger.reports.report_states import CROWDED, SINGLE
from ledger.schema import NO_DUE_DAY
from services import scope
from services.context import ServiceContext
from services.lists.access import SESSIONS, TOKENS
from services.lists.administration import ACTOR_INVITATIONS, AUDIT, ORGANISATIONS, PLACES, STAFF
from services.lists.description import Groups, ListColumn, ListDescription, ListFilter, Row
from services.lists.diary import DIARY
from services.lists.reviews import SUBMISSIONS
from services.lists.search import (
    search_alerts,
    search_batches,
    search_cartons,
    search_codes,
    search_findings,
    search_hearings,
    search_lots,
    search_orders,
    search_proposals,
    search_reports,
)
from services.lists.subjects import name_subjects
from services.permissions import Permission
from services.proposals.proposal_kinds import (
    KINDS,
    LOT_CHANGE,
    PROPOSAL_PERMISSIONS,
    list_visible_kinds,
)
from stamps.lifecycle import State
from stamps.vietnam_time import to_iso_day
from traceability.carton_label import format_label
from traceability.code_forms import CodeKind


def _scope_orders(context: ServiceContext) -> Groups:
    """Scope as in `scope.order_scope`; batches have the parties of their order."""
    wanted = scope.order_scope(context.actor)
    groups: list[list[Match]] = []
    if wanted.open_to_packer is not None:
        groups.append([("packer", wanted.open_to_packer), ("packer", None)])
    if wanted.print_house is not None:
        groups.append([("print_house", wanted.print_house)])
    if wanted.province is not None:
        groups.append([("province", wanted.province)])
    return groups


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


def _scope_hearings(context: ServiceContext) -> Groups:
    organisation = scope.hearing_scope(context.actor)
    return [] if organisation is None else [[("organisation", organisation)]]


def _scope_alerts(_: ServiceContext) -> Groups:
    """Scope of alerts and reports: whoever sees them sees all of them."""
    return []


def _scope_codes(_: ServiceContext) -> Groups:
    """Scope of registered codes: whoever sees the registry sees all codes."""
    return []


def _match_code(context: ServiceContext, name: str, value: str) -> Match:
    """A condition is judged by the day."""
    return (name, (value, to_iso_day(context.clock())) if name == "condition" else value)


async def _mark_attention(context: ServiceContext, rows: Sequence[Row]) -> Sequence[Row]:
    """Add `attention` to rows: new evidence, else a due date that is past."""
    now = context.clock()

    def find(row: Row) -> str | None:
        if row["is_news"]:
            return "news"
        return "overdue" if row["due_at"] is not None and row["due_at"] < now else None

    return [{**row, "attention": find(row)} for row in rows]


def _match_attention(context: ServiceContext, name: str, value: str) -> Match:
    """Return the match of `attention`, which compares due dates with the time."""
    return (name, (value, context.clock()) if name == "attention" else value)


async def _judge_codes(context: ServiceContext, rows: Sequence[Row]) -> Sequence[Row]:
    """Rows with the condition of each code now, and without households."""
    now = context.clock()
    return [
        {**row, "condition": read_code(row).get_condition(now), "household": None} for row in rows
    ]


def _scope_proposals(context: ServiceContext) -> Groups:
    """The kinds that the actor may propose or decide; changes of lots only of lots in scope."""
    kinds = list_visible_kinds(context)
    wanted = scope.lot_scope(context.actor)
    organisation = wanted.organisation
    if organisation is None:
        province: Groups = [] if wanted.province is None else [[("province", wanted.province)]]
        return [[("kind", kind) for kind in kinds], *province]
    others: list[Match] = [("kind", kind) for kind in kinds if kind != LOT_CHANGE.name]
    if LOT_CHANGE.name in kinds:
        others.append(("lots_of", organisation))
    return [others]


async def _count_states(context: ServiceContext, rows: Sequence[Row]) -> Sequence[Row]:
    """Add the counts of each batch's stamps by state: `states`, and a cell for each state."""
    counted = await context.ledger.transitions.count_states([row["id"] for row in rows])
    today = to_iso_day(context.clock())
    return [
        {
            **row,
            "states": states,
            **{f"stamps_{state}": n for state, n in states.items()},
            **_judge_due_day(row, today, is_open=State.ISSUED in states),
        }
        for row in rows
        for states in [counted.get(row["id"], {})]
    ]


async def _judge_orders(context: ServiceContext, rows: Sequence[Row]) -> Sequence[Row]:
    """Rows that say whether the stamps are late."""
    today = to_iso_day(context.clock())
    waits = (OrderState.REQUESTED, OrderState.APPROVED)
    return [{**row, **_judge_due_day(row, today, is_open=row["state"] in waits)} for row in rows]


def _judge_due_day(row: Row, today: str, *, is_open: bool) -> Mapping[str, str | None]:
    """The day by which stamps are needed, if there is one, and `late` for one that has passed."""
    due = row["due_on"] if row["due_on"] != NO_DUE_DAY else None
    is_late = is_open and due is not None and due < today
    return {"due": due, "due_state": "late" if is_late else None}


_RECALL: Final = ("recall_reason", "recall_at", "recall_by")


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


_PRODUCT: Final = ListFilter("product", "product")
_PACKER: Final = ListFilter("packer", "organisation", organisation_kind="packer")
_PRINT_HOUSE: Final = ListFilter("print_house", "organisation", organisation_kind="print_house")
_PROVINCE: Final = ListFilter("province", "province")

ORDERS: Final = ListDescription(
    name="orders",
    table=tables.ORDERS,
    permissions=(Permission.ORDER_SEE,),
    columns=(
        ListColumn("id", "order"),
        ListColumn("product", "product", below="id"),
        ListColumn("count", "count", sort="count"),
        ListColumn("packer", "organisation"),
        ListColumn("print_house", "organisation", below="packer"),
        ListColumn("requested_at", "moment", sort="requested_at"),
        ListColumn("requested_by", "person", below="requested_at"),
        ListColumn("due", "date"),
        ListColumn("due_state", "slug", family="orders", below="due"),
        ListColumn("state", "slug", family="orders"),
        ListColumn("note", "text", is_exported_only=True),
        ListColumn("decided_by", "person", is_exported_only=True),
        ListColumn("decided_at", "moment", is_exported_only=True),
    ),
    filters=(
        ListFilter("state", "choice", choices=tuple(OrderState), family="orders"),
        _PRODUCT,
        _PACKER,
        _PRINT_HOUSE,
        _PROVINCE,
        ListFilter("requested_by", "person"),
    ),
    sorts={"requested_at": int, "count": int},
    key_type=str,
    default_sort="-requested_at",
    scope=_scope_orders,
    search=search_orders,
    complete=_judge_orders,
)

BATCHES: Final = ListDescription(
    name="batches",
    table=tables.BATCHES,
    permissions=(Permission.BATCH_SEE,),
    columns=(
        ListColumn("id", "batch"),
        ListColumn("product", "product", below="id"),
        ListColumn("count", "count"),
        ListColumn("packer", "organisation"),
        ListColumn("print_house", "organisation", below="packer"),
        ListColumn("states", "bar"),
        *(ListColumn(f"stamps_{one}", "count", is_exported_only=True) for one in State),
        ListColumn("due", "date", sort="due_on"),
        ListColumn("due_state", "slug", family="orders", below="due"),
        ListColumn("at", "moment", sort="at"),
        ListColumn("order", "order", is_exported_only=True),
        ListColumn("grade", "slug", family="batches", is_exported_only=True),
        ListColumn("has_pin", "yes", is_exported_only=True),
        ListColumn("gtin", "text", is_exported_only=True),
    ),
    filters=(
        ListFilter("stage", "choice", choices=("to_print", "to_activate"), family="stage"),
        _PRODUCT,
        _PACKER,
        _PRINT_HOUSE,
        _PROVINCE,
        ListFilter("order", "record"),
    ),
    sorts={"at": int, "due_on": str},
    key_type=int,
    default_sort="-at",
    scope=_scope_orders,
    search=search_batches,
    complete=_count_states,
)

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
            "state", "choice", choices=("complete", "incomplete", "recalled"), family="lots"
        ),
        _PRODUCT,
        ListFilter("organisation", "organisation", organisation_kind="packer"),
        _PROVINCE,
    ),
    sorts={"at": int},
    key_type=str,
    default_sort="-at",
    scope=_scope_lots,
    search=search_lots,
    complete=_complete_lots,
)

ALERTS: Final = ListDescription(
    name="alerts",
    table=tables.ALERTS,
    permissions=(Permission.ALERT_SEE,),
    columns=(
        ListColumn("id", "alert"),
        ListColumn("reasons", "reasons", below="id"),
        ListColumn("product", "product"),
        ListColumn("packer", "organisation", below="product"),
        ListColumn("province", "province"),
        ListColumn("opened_at", "moment", sort="opened_at"),
        ListColumn("owner", "person"),
        ListColumn("due_at", "day", below="owner"),
        ListColumn("expected_loss", "count", sort="expected_loss"),
        ListColumn("state", "slug", family="alerts"),
        ListColumn("attention", "slug", family="attention", below="state"),
        ListColumn("cause", "slug", family="cause", is_exported_only=True),
        ListColumn("scans", "count", is_exported_only=True),
        ListColumn("updated_at", "moment", is_exported_only=True),
    ),
    filters=(
        ListFilter("state", "choice", choices=tuple(AlertState), family="alerts"),
        ListFilter("kind", "choice", choices=get_args(AlertKind), family="alert_kind"),
        _PRODUCT,
        _PACKER,
        _PROVINCE,
        ListFilter("attention", "choice", choices=("news", "overdue"), family="attention"),
        ListFilter("owner", "person"),
    ),
    sorts={"expected_loss": float, "opened_at": int},
    key_type=int,
    default_sort="-expected_loss",
    scope=_scope_alerts,
    search=search_alerts,
    make_match=_match_attention,
    complete=_mark_attention,
    defaults={
        "state": tuple(state for state in AlertState if state is not AlertState.CLOSED),
    },
)

PROPOSALS: Final = ListDescription(
    name="proposals",
    table=tables.PROPOSALS,
    permissions=PROPOSAL_PERMISSIONS,
    columns=(
        ListColumn("id", "proposal"),
        ListColumn("requested_by", "person"),
        ListColumn("requested_at", "moment", sort="id"),
        ListColumn("decided_by", "person"),
        ListColumn("state", "slug", family="proposals"),
        ListColumn("reason", "text", is_exported_only=True),
        ListColumn("decided_at", "moment", is_exported_only=True),
    ),
    filters=(
        ListFilter("state", "choice", choices=tuple(ProposalState), family="proposals"),
        ListFilter("kind", "choice", choices=tuple(KINDS), family="proposal_kind"),
        ListFilter("requested_by", "person"),
    ),
    sorts={"id": int},
    key_type=int,
    default_sort="-id",
    scope=_scope_proposals,
    search=search_proposals,
    complete=name_subjects,
)

CODES: Final = ListDescription(
    name="codes",
    table=tables.CODES,
    permissions=(Permission.REGISTRY_SEE,),
    columns=(
        ListColumn("id", "code"),
        ListColumn("name", "text", below="id"),
        ListColumn("kind", "slug", family="codes"),
        ListColumn("organisation", "organisation"),
        ListColumn("province", "province"),
        ListColumn("valid_until", "date"),
        ListColumn("condition", "slug", family="codes"),
        ListColumn("hectares", "text", is_exported_only=True),
        ListColumn("ward", "province", is_exported_only=True),
        ListColumn("valid_from", "date", is_exported_only=True),
        ListColumn("status_reason", "text", is_exported_only=True),
        ListColumn("changed_by", "person", is_exported_only=True),
        ListColumn("changed_at", "moment", is_exported_only=True),
    ),
    filters=(
        ListFilter("kind", "choice", choices=tuple(CodeKind), family="codes"),
        ListFilter("condition", "choice", choices=(*CODE_CONDITIONS, "expiring"), family="codes"),
        _PROVINCE,
        ListFilter("organisation", "organisation"),
    ),
    sorts={"code": str},
    key_type=str,
    default_sort="code",
    scope=_scope_codes,
    search=search_codes,
    complete=_judge_codes,
    make_match=_match_code,
    has_period=False,
)

HEARINGS: Final = ListDescription(
    name="hearings",
    table=tables.HEARINGS,
    permissions=(Permission.HEARING_SEE,),
    columns=(
        ListColumn("id", "hearing"),
        ListColumn("organisation", "organisation"),
        ListColumn("told_at", "moment", sort="told_at"),
        ListColumn("due_at", "day"),
        ListColumn("state", "slug", family="hearing_state"),
        ListColumn("batch", "text", is_exported_only=True),
        ListColumn("lot", "text", is_exported_only=True),
        ListColumn("updated_at", "moment", is_exported_only=True),
    ),
    filters=(
        ListFilter("state", "choice", choices=tuple(HearingState), family="hearing_state"),
        ListFilter("organisation", "organisation", organisation_kind="packer"),
    ),
    sorts={"told_at": int},
    key_type=str,
    default_sort="-told_at",
    scope=_scope_hearings,
    search=search_hearings,
)

REPORTS: Final = ListDescription(
    name="reports",
    table=tables.REPORTS,
    permissions=(Permission.REPORT_SEE,),
    columns=(
        ListColumn("id", "reports"),
        ListColumn("kind", "slug", family="report_kind", below="id"),
        ListColumn("product", "product"),
        ListColumn("packer", "organisation", below="product"),
        ListColumn("last_at", "moment", sort="last_at"),
        ListColumn("province", "province", below="last_at"),
        ListColumn("owner", "person"),
        ListColumn("reports", "count", sort="reports"),
        ListColumn("networks", "count", is_exported_only=True),
        ListColumn("state", "slug", family="report_state"),
        ListColumn("source", "slug", family="report_source", is_exported_only=True),
        ListColumn("first_at", "moment", is_exported_only=True),
        ListColumn("closed_at", "moment", is_exported_only=True),
    ),
    filters=(
        ListFilter("state", "choice", choices=tuple(ReportState), family="report_state"),
        ListFilter("kind", "choice", choices=REPORT_KINDS, family="report_kind"),
        ListFilter("source", "choice", choices=(SINGLE, CROWDED), family="report_source"),
        _PROVINCE,
        _PRODUCT,
        _PACKER,
        ListFilter("owner", "person"),
    ),
    sorts={"last_at": int, "reports": int},
    key_type=str,
    default_sort="-last_at",
    scope=_scope_alerts,
    search=search_reports,
    defaults={
        "state": tuple(state for state in ReportState if state is not ReportState.CLOSED),
        "source": (SINGLE,),
    },
)

FINDINGS: Final = ListDescription(
    name="findings",
    table=tables.FINDINGS,
    permissions=(Permission.ALERT_SEE,),
    columns=(
        ListColumn("id", "finding"),
        ListColumn("kind", "slug", family="finding_kind", below="id"),
        ListColumn("found_at", "moment", sort="found_at"),
        ListColumn("actor", "person", below="found_at"),
        ListColumn("province", "province"),
        ListColumn("wish", "slug", family="finding_wish"),
        ListColumn("outcome", "slug", family="finding_outcome", below="wish"),
        ListColumn("state", "slug", family="finding_state"),
        ListColumn("host", "text", is_exported_only=True),
        ListColumn("note", "text", is_exported_only=True),
        ListColumn("handled_by", "person", is_exported_only=True),
        ListColumn("handled_at", "moment", is_exported_only=True),
    ),
    filters=(
        ListFilter("state", "choice", choices=FINDING_STATES, family="finding_state"),
        ListFilter("kind", "choice", choices=FINDING_KINDS, family="finding_kind"),
        _PROVINCE,
        ListFilter("actor", "person"),
    ),
    sorts={"found_at": int},
    key_type=str,
    default_sort="-found_at",
    scope=_scope_alerts,
    search=search_findings,
    defaults={"state": ("open",)},
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
        _PROVINCE,
    ),
    sorts={"changed_at": int},
    key_type=str,
    default_sort="-changed_at",
    scope=_scope_cartons,
    search=search_cartons,
    complete=_name_pallets,
)

LISTS: Final[Mapping[str, ListDescription]] = {
    one.name: one
    for one in (
        *(ORDERS, BATCHES, LOTS, ALERTS, PROPOSALS, CODES),
        *(STAFF, ORGANISATIONS, PLACES, AUDIT, REPORTS, TOKENS, SESSIONS),
        *(FINDINGS, HEARINGS, SUBMISSIONS, DIARY, CARTONS),
        ACTOR_INVITATIONS,
    )
}
