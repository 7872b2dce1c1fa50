"""Restored copies: two people accept that a ledger lacks rows that were signed."""

from collections.abc import Iterable

from ledger import Proposal
from ledger.audit.head_statement import HeadStatement
from ledger.backups.accepted_loss import SUBJECT, describe_loss
from services.context import ServiceContext
from services.errors import InvalidInput
from services.proposals.proposal_kinds import RESTORE_ACCEPT
from services.proposals.proposals import propose


async def propose_accepted_loss(
    context: ServiceContext, statements: Iterable[HeadStatement], reason: str, key: str
) -> Proposal:
    """Propose to accept that the ledger lacks what these signed statements say, the oldest first.

    The approval of a second person records it; the signer of heads then states it.

    Raises:
        NothingLost: the ledger has all of it, or no statement is known.
        InvalidInput: there is no reason.
        VeritemError: as `services.proposals.proposals.propose` raises.
    """
    if not reason.strip():
        raise InvalidInput(field="reason", why="is required: why is an old copy in use?")
    document = describe_loss(await context.ledger.chains.compare(statements))
    return await propose(context, RESTORE_ACCEPT, SUBJECT, document, reason, key)
