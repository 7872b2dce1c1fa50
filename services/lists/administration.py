"""The lists of administrators: people, organisations, places and the audit log."""

from typing import Final, get_args

from ledger import ROLES, OrganisationKind
from ledger.lists import administration as tables
from services.context import ServiceContext
from services.lists.description import (
    Groups,
    ListColumn,
    ListDescription,
    ListFilter,
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
