"""The lists of administrators: people, organisations, places and the audit log."""

from collections.abc import Sequence
from typing import Final, get_args

from ledger import ROLES, OrganisationKind
from ledger.lists import administration as tables
from ledger.trade_kinds import TRADE_KINDS
from services.context import ServiceContext
from services.lists.description import (
    Groups,
    ListColumn,
    ListDescription,
    ListFilter,
    Row,
    Search,
)
from services.lists.search import (
    search_audit,
    search_organisations,
    search_places,
    search_staff,
)
from services.lists.subjects import name_subjects
from services.organisations.places import PLACE_KINDS
from services.permissions import Permission
from services.scope import invitation_scope
from services.staff import STATES

ACT_FAMILIES: Final = (
    "staff",
    "token",
    "device",
    "proposal",
    "organisation",
    "product",
    "place",
    "registered_code",
    "order",
    "batch",
    "bundle",
    "print-key",
    "proof",
    "lot",
    "event",
    "links",
    "photo",
    "transition",
    "alert",
    "scans",
    "field",
    "actor_invitation",
    "mention",
    "data_export",
    "list",
    "keys",
    "restore",
)
"""The families of acts that the filter of the audit log offers."""


def _scope_all(_: ServiceContext) -> Groups:
    """Scope of a list whose readers all see all of its rows."""
    return []


STAFF: Final = ListDescription(
    name="staff",
    table=tables.STAFF,
    permissions=(Permission.ACCOUNT_SEE,),
    columns=(
        ListColumn("name", "name", sort="name"),
        ListColumn("id", "text", below="name"),
        ListColumn("role", "slug", family="role"),
        ListColumn("organisation", "organisation"),
        ListColumn("has_otp", "yes"),
        ListColumn("state", "slug", family="staff"),
        ListColumn("added_at", "moment", is_exported_only=True),
        ListColumn("added_by", "person", is_exported_only=True),
        ListColumn("confirmed_by", "person", is_exported_only=True),
    ),
    filters=(
        ListFilter("state", "choice", choices=STATES, family="staff"),
        ListFilter("role", "choice", choices=ROLES, family="role"),
        ListFilter("organisation", "organisation"),
    ),
    sorts={"name": str},
    key_type=str,
    default_sort="name",
    scope=_scope_all,
    search=search_staff,
    has_period=False,
)

ORGANISATIONS: Final = ListDescription(
    name="organisations",
    table=tables.ORGANISATIONS,
    permissions=(Permission.REGISTRY_EDIT,),
    columns=(
        ListColumn("name", "name", sort="name"),
        ListColumn("id", "text", below="name"),
        ListColumn("kind", "slug", family="organisations"),
        ListColumn("address", "text"),
        ListColumn("has_key", "yes"),
        ListColumn("state", "slug", family="organisations"),
    ),
    filters=(
        ListFilter("kind", "choice", choices=get_args(OrganisationKind), family="organisations"),
        ListFilter("state", "choice", choices=("enabled", "disabled"), family="organisations"),
    ),
    sorts={"name": str},
    key_type=str,
    default_sort="name",
    scope=_scope_all,
    search=search_organisations,
    has_period=False,
)

PLACES: Final = ListDescription(
    name="places",
    table=tables.PLACES,
    permissions=(Permission.REGISTRY_SEE,),
    columns=(
        ListColumn("name", "name", sort="name"),
        ListColumn("code", "text", below="name"),
        ListColumn("kind", "slug", family="places"),
        ListColumn("organisation", "organisation"),
        ListColumn("province", "province"),
        ListColumn("ward", "province", below="province"),
        ListColumn("gln", "text"),
        ListColumn("id", "text", is_exported_only=True),
    ),
    filters=(
        ListFilter("kind", "choice", choices=PLACE_KINDS, family="places"),
        ListFilter("organisation", "organisation"),
        ListFilter("province", "province"),
    ),
    sorts={"name": str},
    key_type=str,
    default_sort="name",
    scope=_scope_all,
    search=search_places,
    has_period=False,
)

AUDIT: Final = ListDescription(
    name="audit",
    table=tables.AUDIT,
    permissions=(Permission.AUDIT_SEE,),
    columns=(
        ListColumn("action", "slug", family="act"),
        ListColumn("subject", "subject"),
        ListColumn("actor", "person"),
        ListColumn("at", "moment", sort="seq"),
        ListColumn("seq", "count", is_exported_only=True),
        ListColumn("details", "text", is_exported_only=True),
        ListColumn("hash", "text", is_exported_only=True),
    ),
    filters=(
        ListFilter("family", "choice", choices=ACT_FAMILIES, family="act_family"),
        ListFilter("actor", "person"),
        ListFilter("action", "record", family="act"),
        ListFilter("subject", "subject"),
    ),
    sorts={"seq": int},
    key_type=int,
    default_sort="-seq",
    scope=_scope_all,
    search=search_audit,
    complete=name_subjects,
)


def _scope_invitations(context: ServiceContext) -> Groups:
    return [[("inviter", invitation_scope(context.actor))]]


async def _mask_phones(context: ServiceContext, rows: Sequence[Row]) -> Sequence[Row]:
    """Rows with a name to show, a masked phone number, and the state as the time makes it."""
    now = context.clock()
    return [
        {
            **row,
            "shown": row["name"] or f"#{row['id']}",
            "masked": row["phone_end"] and f"••• ••• {row['phone_end']}",
            "state": "expired"
            if row["state"] == "open" and row["expires_at"] <= now
            else row["state"],
        }
        for row in rows
    ]


async def _search_invitations(_: ServiceContext, text: str) -> Search:
    """Invitations by id or account; names and phone numbers are not searched."""
    return Search([("ids", [text]), ("account", text)])


ACTOR_INVITATIONS: Final = ListDescription(
    name="actor_invitations",
    table=tables.ACTOR_INVITATIONS,
    permissions=(Permission.ACTOR_INVITE,),
    columns=(
        ListColumn("shown", "text"),
        ListColumn("kind", "slug", family="role", below="shown"),
        ListColumn("masked", "text"),
        ListColumn("made_at", "moment", sort="made_at"),
        ListColumn("expires_at", "day"),
        ListColumn("state", "slug", family="actor_state"),
        ListColumn("account", "text", is_exported_only=True),
        ListColumn("id", "text", is_exported_only=True),
    ),
    filters=(
        ListFilter(
            "state",
            "choice",
            choices=("open", "accepted", "withdrawn", "expired"),
            family="actor_state",
        ),
        ListFilter("kind", "choice", choices=TRADE_KINDS, family="role"),
    ),
    sorts={"made_at": int},
    key_type=str,
    default_sort="-made_at",
    scope=_scope_invitations,
    search=_search_invitations,
    complete=_mask_phones,
)
