"""Acts in the key store that two people decide: propose, or carry out what was approved.

The key store is no part of the ledger, so the act follows the approval: the first call proposes,
another person approves, and the call repeated acts and uses the approval up. Killed between the
act and that mark, it is repeated once more: the act then finds that it was done.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from cli.context import open_installation, run_async
from cli.proposal_output import print_proposed
from cli.sign_ins import find_account
from ledger import Proposal
from ledger.ledger import now_ms
from services import Actor, ServiceContext
from services.proposals import proposals
from services.proposals.proposal_kinds import ProposalKind


def carry_out_or_propose(
    file: Path | None,
    actor: str,
    key: str,
    kind: ProposalKind,
    epochs: Sequence[int],
    act: Callable[[int], None],
    *,
    as_json: bool,
) -> int | None:
    """Carry out the approved act on one of `epochs`; without an approval, propose it on the last.

    Answers the epoch that was acted on; None when it was proposed, which is printed.
    """

    async def run() -> int | Proposal:
        async with open_installation(file) as (settings, ledger):
            staff = await find_account(settings, ledger, actor)
            context = ServiceContext(ledger, Actor.of_staff(staff), now_ms)
            for epoch in epochs:
                approved = await proposals.find_approved(context, kind, f"epochs:{epoch}")
                if approved is None:
                    continue
                act(epoch)
                await ledger.audit.append(
                    actor=staff.id,
                    action=kind.name,
                    subject=f"epochs:{epoch}",
                    details={"proposal": approved.id},
                )
                await proposals.finish_act(context, approved)
                return epoch
            epoch = epochs[-1]
            return await proposals.propose(
                context, kind, f"epochs:{epoch}", {"epoch": epoch}, None, key
            )

    outcome = run_async(run())
    if isinstance(outcome, int):
        return outcome
    print_proposed(outcome, as_json)
    return None
