"""Kinds of proposals: one table of what needs two people.

A kind says who may propose, who may decide, and the act that an approval carries out in its own
transaction. A kind without an act is carried out elsewhere (in the key store): the
command looks for the approval and uses it up, see `ledger.proposals.proposals`.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ledger import Act, Proposal
from ledger.accounts.account_rows import grant_role
from ledger.backups.accepted_loss import record_accepted_loss
from ledger.errors import UnknownLot, UnknownProposal
from ledger.lots import lot_changes, product_lists
from ledger.orders import order_excess
from ledger.organisations import organisation_states
from ledger.stamps.recalls import carry_out_recall
from services import scope
from services.context import ServiceContext
from services.permissions import Permission, has_permission


@dataclass(frozen=True, slots=True)
class ProposalKind:
    """A kind of proposal: an act that needs two people, and their permissions."""

    name: str
    propose: Permission
    decide: Permission
    act: Act[Any] | None = None
    """Carried out in the transaction of the approval; None for an act outside of the ledger."""
    check_scope: Callable[[ServiceContext, Proposal], Awaitable[object]] | None = None
    """Raises if the actor may not see the subject; None where the permission is enough."""


async def _check_lot_in_scope(context: ServiceContext, proposal: Proposal) -> None:
    try:
        await scope.find_lot(context, str(proposal.document["lot"]))
    except UnknownLot:
        raise UnknownProposal(proposal=proposal.id) from None


async def _check_own_list(context: ServiceContext, proposal: Proposal) -> None:
    own = context.actor.province
    if own not in (None, str(proposal.document["province"])):
        raise UnknownProposal(proposal=proposal.id)


RECALL: Final = ProposalKind("recall", Permission.RECALL, Permission.RECALL, act=carry_out_recall)
ROLE_GRANT: Final = ProposalKind(
    "role.grant", Permission.ACCOUNT_MANAGE, Permission.ACCOUNT_MANAGE, act=grant_role
)
LOT_CHANGE: Final = ProposalKind(
    lot_changes.LOT_CHANGE,
    Permission.LOT_PUT,
    Permission.LOT_CONFIRM,
    act=lot_changes.carry_out_lot_change,
    check_scope=_check_lot_in_scope,
)
ORDER_EXCESS: Final = ProposalKind(
    order_excess.ORDER_EXCESS,
    Permission.ORDER_DECIDE,
    Permission.ORDER_DECIDE,
    act=order_excess.approve_excess,
)
ORGANISATION_ENABLE: Final = ProposalKind(
    organisation_states.ENABLE,
    Permission.ACCOUNT_MANAGE,
    Permission.ACCOUNT_MANAGE,
    act=organisation_states.enable_organisation,
)
PRODUCT_REQUIRE: Final = ProposalKind(
    product_lists.REQUIREMENT,
    Permission.PRODUCT_LIST_EDIT,
    Permission.PRODUCT_LIST_EDIT,
    act=product_lists.carry_out_requirement,
    check_scope=_check_own_list,
)
KEYS_ROTATE: Final = ProposalKind("keys.rotate", Permission.KEYS_MANAGE, Permission.KEYS_MANAGE)
KEYS_RETIRE: Final = ProposalKind("keys.retire", Permission.KEYS_MANAGE, Permission.KEYS_MANAGE)
RESTORE_ACCEPT: Final = ProposalKind(
    "restore.accept",
    Permission.RESTORE_ACCEPT,
    Permission.RESTORE_ACCEPT,
    act=record_accepted_loss,
)

KINDS: Final[Mapping[str, ProposalKind]] = {
    kind.name: kind
    for kind in (
        RECALL,
        ROLE_GRANT,
        LOT_CHANGE,
        ORDER_EXCESS,
        ORGANISATION_ENABLE,
        PRODUCT_REQUIRE,
        KEYS_ROTATE,
        KEYS_RETIRE,
        RESTORE_ACCEPT,
    )
}
"""All kinds, by name."""


PROPOSAL_PERMISSIONS: Final = tuple(
    dict.fromkeys(
        permission for kind in KINDS.values() for permission in (kind.propose, kind.decide)
    )
)
"""Whoever has one of these sees proposals."""


def list_visible_kinds(context: ServiceContext) -> tuple[str, ...]:
    """The kinds that the actor may propose or decide."""
    return tuple(
        kind.name
        for kind in KINDS.values()
        if has_permission(context.actor, kind.propose) or has_permission(context.actor, kind.decide)
    )
