"""Acceptance of a loss: two people agree that a restored ledger lacks rows that were signed.

One proposes and another approves (`ledger.proposals.proposals`); the approval writes the audit
entry `restore.accepted` with both names, the lost rows and the head that is no longer there. The
signer of heads reads the entry and signs a statement of the loss; the owner of the database has no
key for such a signature. Only then do services start on the restored ledger.
"""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.audit.chain_proof import HeadComparison, find_lost
from ledger.audit.head_statement import CHAINS, AcceptedLoss
from ledger.chains.chained_rows import record_audit
from ledger.chains.hash_chain import ChainHead, genesis_hash
from ledger.proposals.proposal import Proposal
from stamps.errors import VeritemError
from stamps.timestamps import format_rfc3339

RESTORE_ACCEPTED: Final = "restore.accepted"
SUBJECT: Final = "ledger"


class NothingLost(VeritemError):
    """A loss was to be accepted, and the ledger has all that is known to be signed."""

    code = "nothing-lost"
    message = "the ledger has all rows that were signed: there is no loss to accept"


class MalformedAcceptance(VeritemError):
    """A document does not state a loss."""

    code = "malformed-acceptance"
    message = "this is not the acceptance of a loss: {why}"


def describe_loss(comparison: HeadComparison) -> dict[str, Any]:
    """Return the document to accept: what a ledger that does not agree with its heads lost.

    Raises:
        NothingLost: the ledger agrees with its heads, or none is known.
    """
    newest, agreed = comparison.newest, comparison.agreed
    if newest is None or comparison.ok:
        raise NothingLost()
    kept = agreed.heads if agreed else {chain: (0, genesis_hash(chain)) for chain in CHAINS}
    return {
        "kept": {chain: kept[chain][0] for chain in CHAINS},
        "replaced": {chain: f"{seq}:{row}" for chain, (seq, row) in newest.heads.items()},
        "lost": [str(lost) for lost in find_lost(kept, newest)],
        "head_signed_at": format_rfc3339(newest.at),
    }


def parse_loss(document: Mapping[str, Any]) -> AcceptedLoss:
    """Return the loss that a document of `describe_loss` states. Raises `MalformedAcceptance`."""
    try:
        kept = {chain: int(document["kept"][chain]) for chain in CHAINS}
        replaced = {chain: _parse_head(document["replaced"][chain]) for chain in CHAINS}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise MalformedAcceptance(why=repr(error)) from None
    return AcceptedLoss(kept, replaced)


async def record_accepted_loss(connection: AsyncConnection, proposal: Proposal) -> None:
    """Record, inside the transaction of the approval, that two people accept a loss.

    Raises:
        MalformedAcceptance: the proposal states no loss.
    """
    parse_loss(proposal.document)
    await record_audit(
        connection,
        at=proposal.decided_at or 0,
        actor=proposal.decided_by or "",
        action=RESTORE_ACCEPTED,
        subject=SUBJECT,
        details={
            **proposal.document,
            "reason": proposal.reason,
            "accepted_by": [proposal.requested_by, proposal.decided_by],
        },
    )


def _parse_head(text: str) -> ChainHead:
    seq, _, row_hash = text.partition(":")
    return int(seq), row_hash
