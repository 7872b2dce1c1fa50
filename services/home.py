"""Home: what waits for somebody, as counts of lists that they can open.

Each task is a list with filters, so the figure and what its link shows are the same rows. Counts
are bounded and read from indexes (`ledger.lists`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from urllib.parse import urlencode

from services.context import Actor, ServiceContext
from services.lists.cases import ALERTS, HEARINGS, REPORTS
from services.lists.codes import CODES
from services.lists.description import ListCount, ListDescription, ListRequest, write_query
from services.lists.find import count_list
from services.lists.lots import LOTS
from services.lists.orders import BATCHES, ORDERS
from services.lists.proposals import PROPOSALS
from services.lists.reviews import SUBMISSIONS
from services.permissions import Permission, has_permission
from services.proposals.proposal_kinds import PROPOSAL_PERMISSIONS
from services.record.mentions import count_open_mentions
from services.trade_actors import TRADE_ACTORS
from stamps.vietnam_time import to_date

_WEEK_DAYS: Final = 7

Filters = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Task:
    """Rows of a list that wait for somebody."""

    name: str
    list_name: str
    """The list, and the path of its page."""
    request: ListRequest
    counted: ListCount

    @property
    def path(self) -> str:
        """The address of these rows."""
        query = urlencode(write_query(self.request))
        return f"/{self.list_name}?{query}" if query else f"/{self.list_name}"


@dataclass(frozen=True, slots=True)
class _TaskKind:
    name: str
    description: ListDescription | None
    """The list that is counted; None: the mentions of the actor's organisation."""
    permissions: tuple[Permission, ...]
    make: Callable[[ServiceContext], ListRequest]
    is_for: Callable[[Actor], bool] = lambda _: True


def _filter(filters: Filters, sort: str = "") -> Callable[[ServiceContext], ListRequest]:
    return lambda _: ListRequest(filters=filters, sort=sort)


def _own(name: str, filters: Filters) -> Callable[[ServiceContext], ListRequest]:
    """Ask for the rows in which `name` is the actor."""
    return lambda context: ListRequest(filters={**filters, name: (context.actor.id,)})


def _alerts_by_age(youngest: int, oldest: int | None) -> Callable[[ServiceContext], ListRequest]:
    """Ask for the alerts without an owner that were opened `youngest` to `oldest` days ago."""

    def make(context: ServiceContext) -> ListRequest:
        today = to_date(context.clock())
        return ListRequest(
            filters={"state": ("open",)},
            since="" if oldest is None else str(today - timedelta(days=oldest)),
            until="" if youngest == 0 else str(today - timedelta(days=youngest)),
            sort="opened_at",
        )

    return make


def _expiring_own_codes(context: ServiceContext) -> ListRequest:
    """Codes of the actor's organisation under which no stamp is bound soon, or now."""
    organisation = context.actor.organisation
    return ListRequest(
        filters={
            "condition": ("expiring", "expired", "suspended"),
            "organisation": () if organisation is None else (organisation,),
        }
    )


def _has_areas(actor: Actor) -> bool:
    one = TRADE_ACTORS.get(actor.role)
    return one is not None and one.has_areas


_RECALLED_LATELY: Final[Filters] = {"state": ("recalled_lately",)}

_KINDS: Final = (
    _TaskKind(
        "lots_recalled",
        LOTS,
        (Permission.LOT_SEE,),
        _filter(_RECALLED_LATELY),
        _has_areas,
    ),
    _TaskKind(
        "mentions_open",
        None,
        (Permission.EVENT_RECORD,),
        _filter({"state": ("open",)}),
        lambda actor: actor.organisation is not None,
    ),
    _TaskKind(
        "hearings_asked", HEARINGS, (Permission.HEARING_ANSWER,), _filter({"state": ("asked",)})
    ),
    _TaskKind(
        "orders_to_decide",
        ORDERS,
        (Permission.ORDER_DECIDE,),
        _filter({"state": ("requested",)}, "requested_at"),
    ),
    _TaskKind(
        "orders_to_issue",
        ORDERS,
        (Permission.BATCH_ISSUE,),
        _filter({"state": ("approved",)}, "requested_at"),
    ),
    _TaskKind(
        "batches_to_print",
        BATCHES,
        (Permission.PRINT_REPORT,),
        _filter({"stage": ("to_print",)}, "due_on"),
    ),
    _TaskKind(
        "batches_to_activate",
        BATCHES,
        (Permission.ACTIVATE,),
        _filter({"stage": ("to_activate",)}),
    ),
    _TaskKind(
        "lots_returned", SUBMISSIONS, (Permission.LOT_SUBMIT,), _filter({"state": ("returned",)})
    ),
    _TaskKind(
        "lots_to_review",
        SUBMISSIONS,
        (Permission.LOT_REVIEW,),
        _filter({"state": ("submitted", "approved")}),
    ),
    _TaskKind(
        "lots_unpublished",
        LOTS,
        (Permission.LOT_SUBMIT,),
        _filter({"list": ("unpublished",)}),
        lambda actor: actor.organisation is not None,
    ),
    _TaskKind("lots_incomplete", LOTS, (Permission.LOT_PUT,), _filter({"state": ("incomplete",)})),
    _TaskKind(
        "own_cases",
        ALERTS,
        (Permission.ALERT_DECIDE,),
        _own("owner", {"state": ("investigating",)}),
    ),
    _TaskKind(
        "hearings_answered",
        HEARINGS,
        (Permission.ALERT_DECIDE,),
        _filter({"state": ("answered",)}),
    ),
    _TaskKind("reports_new", REPORTS, (Permission.REPORT_HANDLE,), _filter({"state": ("new",)})),
    _TaskKind(
        "own_reports",
        REPORTS,
        (Permission.REPORT_HANDLE,),
        _own("owner", {"state": ("assigned",)}),
    ),
    _TaskKind("alerts_today", ALERTS, (Permission.ALERT_SEE,), _alerts_by_age(0, 0)),
    _TaskKind("alerts_week", ALERTS, (Permission.ALERT_SEE,), _alerts_by_age(1, _WEEK_DAYS - 1)),
    _TaskKind("alerts_older", ALERTS, (Permission.ALERT_SEE,), _alerts_by_age(_WEEK_DAYS, None)),
    _TaskKind("own_codes", CODES, (Permission.ACTIVATE,), _expiring_own_codes),
    _TaskKind(
        "codes_expiring", CODES, (Permission.CODE_EDIT,), _filter({"condition": ("expiring",)})
    ),
    _TaskKind("proposals_open", PROPOSALS, PROPOSAL_PERMISSIONS, _filter({"state": ("open",)})),
    _TaskKind(
        "own_orders",
        ORDERS,
        (Permission.ORDER_REQUEST,),
        _own("requested_by", {"state": ("requested",)}),
    ),
)


async def count_recalled_lots(context: ServiceContext) -> int:
    """How many lots of the growing areas of the actor's organisation were recalled lately.

    Always 0 for an actor without areas.
    """
    if not _has_areas(context.actor):
        return 0
    request = ListRequest(filters=_RECALLED_LATELY)
    return (await count_list(context, LOTS, request)).count


async def list_tasks(context: ServiceContext) -> list[Task]:
    """Return the actor's tasks, each kind that its permissions allow, in the order of urgency.

    An account that waits for its confirmation has none.
    """
    tasks = []
    for kind in _KINDS:
        if not kind.is_for(context.actor):
            continue
        if any(has_permission(context.actor, one) for one in kind.permissions):
            request = kind.make(context)
            tasks.append(await _count(context, kind, request))
    return tasks


async def _count(context: ServiceContext, kind: _TaskKind, request: ListRequest) -> Task:
    if kind.description is None:
        counted = ListCount(*await count_open_mentions(context))
        return Task(kind.name, "mentions", request, counted)
    counted = await count_list(context, kind.description, request)
    return Task(kind.name, kind.description.name, request, counted)
