"""The lists of inspectors: alerts, hearings, reports of consumers, findings in the field."""

from collections.abc import Sequence
from typing import Final, get_args

from ledger import REPORT_KINDS, AlertState, HearingState, ReportState
from ledger.alerts.alert_record import AlertKind
from ledger.field.field_findings import FINDING_KINDS, FINDING_STATES
from ledger.lists import Match, tables
from ledger.reports.report_states import CROWDED, SINGLE
from services import scope
from services.context import ServiceContext
from services.lists.description import Groups, ListColumn, ListDescription, ListFilter, Row
from services.lists.filters import PACKER_FILTER, PRODUCT_FILTER, PROVINCE_FILTER
from services.lists.search import (
    search_alerts,
    search_findings,
    search_hearings,
    search_reports,
)
from services.permissions import Permission


def _scope_hearings(context: ServiceContext) -> Groups:
    organisation = scope.hearing_scope(context.actor)
    return [] if organisation is None else [[("organisation", organisation)]]


def _scope_alerts(_: ServiceContext) -> Groups:
    """Scope of alerts and reports: whoever sees them sees all of them."""
    return []


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
        PRODUCT_FILTER,
        PACKER_FILTER,
        PROVINCE_FILTER,
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
        PROVINCE_FILTER,
        PRODUCT_FILTER,
        PACKER_FILTER,
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
        PROVINCE_FILTER,
        ListFilter("actor", "person"),
    ),
    sorts={"found_at": int},
    key_type=str,
    default_sort="-found_at",
    scope=_scope_alerts,
    search=search_findings,
    defaults={"state": ("open",)},
)
