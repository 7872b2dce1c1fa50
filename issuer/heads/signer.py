"""The signer of chain heads: signs a proven extension of the last head, and nothing else.

Each signing reads the rows after the last head and recomputes their hashes; once a day, and when a
process starts, all rows. If the row of the last head is gone or another, nothing is signed: history
was rewritten, or an old copy of the ledger was restored.
"""

from collections.abc import Callable
from typing import Final

from issuer.heads.key import HeadKey
from issuer.heads.state import SignerState
from ledger import Ledger
from ledger.account_names import normalise_account_name
from ledger.audit.chain_proof import HistoryRewritten
from ledger.audit.head_statement import AUDIT, AcceptedLoss, Heads, HeadStatement, SignedHead
from ledger.audit.stated_recalls import StatedContent
from ledger.backups.accepted_loss import RESTORE_ACCEPTED, NothingLost, parse_loss
from stamps.errors import VeritemError
from stamps.timestamps import format_rfc3339

DAY_MS: Final = 24 * 3600 * 1000


class LossNotAccepted(VeritemError):
    """Signed rows are gone, and no two people accepted that in the ledger."""

    code = "loss-not-accepted"
    message = (
        "two people must accept that the head signed at {head} is gone: {why};"
        " see `veritem heads accept-loss`"
    )


class HeadSigner:
    """Signs the heads of one ledger; holds the folder's lock through `state`."""

    def __init__(self, key: HeadKey, state: SignerState, clock: Callable[[], int]) -> None:
        self._key = key
        self.state = state
        self._clock = clock
        self._is_proven = False

    async def sign(self, ledger: Ledger) -> SignedHead | None:
        """Sign the present heads; None if they are signed already and that is under a day old.

        The head is in the state before it is returned.

        Raises:
            HistoryRewritten: nothing was signed; the state keeps the reason.
            StorageFailed: the ledger cannot be read.
            OSError: the state cannot be written; nothing leaves the process.
        """
        state, now = self.state, self._clock()
        last = state.last.statement if state.last else None
        is_due = not self._is_proven or last is None or now - last.at >= DAY_MS
        try:
            heads = await ledger.chains.prove_extension(last.heads if last else None, full=is_due)
        except HistoryRewritten as error:
            if state.refusal != str(error):
                state.refusal = str(error)
                state.save()
            raise
        self._is_proven = True
        if is_due:
            state.proven_at = now
        if last is not None and last.heads == heads and now - last.at < DAY_MS:
            if state.refusal is not None:  # the ledger was away, and is back as it was signed
                state.refusal = None
                state.save()
            return None
        after = last.heads[AUDIT][0] if last else 0
        content = await ledger.chains.read_content(heads, last, after)
        return self._sign(heads, await ledger.batches.find_highest_number(), content)

    async def sign_accepted_loss(self, ledger: Ledger) -> SignedHead:
        """Sign the present heads although signed rows are gone; the statement says which.

        Raises:
            NothingLost: the ledger has all that was signed.
            LossNotAccepted: no two people accepted that the last head is gone.
            HistoryRewritten: the chains do not follow from their beginning, or end before what
                was kept by the acceptance.
            StorageFailed, OSError: as `sign`.
        """
        last = self.state.last.statement if self.state.last else None
        if last is None or (await ledger.chains.compare([last])).ok:
            raise NothingLost()
        loss = await self._find_acceptance(ledger, last)
        heads = await ledger.chains.prove_extension(None)
        for chain, seq in loss.kept.items():
            if seq > heads[chain][0]:
                found, signed = f"{heads[chain][0]}:{heads[chain][1]}", f"{seq} by its acceptance"
                what = "was kept, and is not here"
                raise HistoryRewritten(chain=chain, seq=seq, what=what, signed=signed, found=found)
        self._is_proven, self.state.proven_at = True, self._clock()
        # The counts of the last head are those of the lost rows.
        content = await ledger.chains.read_content(heads, None, loss.kept[AUDIT])
        return self._sign(heads, await ledger.batches.find_highest_number(), content, loss)

    async def _find_acceptance(self, ledger: Ledger, last: HeadStatement) -> AcceptedLoss:
        entry = await ledger.audit.find_last(RESTORE_ACCEPTED)
        if entry is None:
            raise LossNotAccepted(head=format_rfc3339(last.at), why="nobody did")
        loss, people = parse_loss(entry.details), entry.details.get("accepted_by", [])
        if loss.replaced != last.heads:
            why = f"audit {entry.seq} accepts the loss of another head"
            raise LossNotAccepted(head=format_rfc3339(last.at), why=why)
        if len({normalise_account_name(str(name)) for name in people}) < 2:
            why = f"audit {entry.seq} names fewer than two accounts"
            raise LossNotAccepted(head=format_rfc3339(last.at), why=why)
        return loss

    def _sign(
        self, heads: Heads, batches: int, content: StatedContent, loss: AcceptedLoss | None = None
    ) -> SignedHead:
        last = self.state.last
        # Strictly later, also when the clock is set back: places order heads by their time.
        at = max(self._clock(), last.statement.at + 1 if last else 0)
        # A restored ledger has fewer batches; their numbers stay used.
        batches = max(batches, last.statement.batches if last else 0)
        statement = HeadStatement(
            self._key.ledger,
            heads,
            at,
            loss,
            batches,
            made=content.made,
            recalls=content.recalls,
            left_out=content.left_out,
        )
        head = self._key.sign(statement)
        self.state.add(head)
        return head
