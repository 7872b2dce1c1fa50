"""The list of proposals."""

from typing import Final

from ledger import ProposalState
from ledger.lists import Match, tables
from services import scope
from services.context import ServiceContext
from services.lists.description import Groups, ListColumn, ListDescription, ListFilter
from services.lists.search import (
    search_proposals,
)
from services.lists.subjects import name_subjects
from services.proposals.proposal_kinds import (
    KINDS,
    LOT_CHANGE,
    PROPOSAL_PERMISSIONS,
    list_visible_kinds,
)


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
