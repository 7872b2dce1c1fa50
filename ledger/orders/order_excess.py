"""Orders above a limit: one person proposes the approval with a reason, another approves it.

Neither of them requested the order, so such an order has three people. One
transaction has the second approval and that of the order. A trigger refuses an order that was not
approved by two.
"""

from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.account_names import is_same_account
from ledger.errors import SamePerson
from ledger.orders.order_states import OrderState
from ledger.orders.orders import Order, decide_order, find_order
from ledger.proposals.proposal import Proposal

ORDER_EXCESS: Final = "order.excess"
"""The kind of the proposals."""


async def approve_excess(connection: AsyncConnection, proposal: Proposal) -> Order:
    """The act of a proposal to approve an order above a limit.

    Raises `SamePerson` when one of the two requested the order, and as `Orders.approve` does.
    """
    order = await find_order(connection, str(proposal.document["order"]))
    if is_same_account(order.requested_by, proposal.requested_by):
        raise SamePerson(order=order.id, actor=order.requested_by)
    return await decide_order(
        connection,
        order.id,
        OrderState.APPROVED,
        actor=str(proposal.decided_by),
        at=proposal.decided_at or 0,
        may_exceed=True,
    )
