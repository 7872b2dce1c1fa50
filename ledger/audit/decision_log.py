"""Decisions of two people, read from the audit log in its order.

Who owns the database can write a proposal that looks approved. Here it counts only if the audit log
has the request by one account and the approval by another, and if both could decide at that moment:
an account can after two people gave it its role, or as one of the first two. Until these two are
founded, whoever runs the host adds accounts freely. What was decided before the rule began is not
judged: the migration that began it noted the last transition and the accounts (`RULE_BEGINS`).
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy import RowMapping, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.account_names import is_same_account
from ledger.accounts.account_rows import DEMO_FOUNDER, DEMO_ROLE, FOUNDER, FOUNDER_ROLE
from ledger.audit.audit_problem import AuditProblem, parse_details
from ledger.chains.chained_rows import iterate_chain
from ledger.proposals.deciding_account import RULE_BEGINS
from ledger.proposals.proposal import Proposal, ProposalState, proposal_from_row

_FOUNDERS: Final = (FOUNDER, DEMO_FOUNDER)


class DecisionLog:
    """The proposals that two accounts decided, and the decisions that lack one."""

    def __init__(self, proposals: Iterable[Proposal]) -> None:
        self.transitions_before = 0
        """The last transition before the rule."""
        self.problems: list[AuditProblem] = []
        self._proposals = {proposal.id: proposal for proposal in proposals}
        self._requested: set[int] = set()
        self._approved: dict[int, Proposal] = {}
        self._granted: dict[str, Proposal] = {}
        self._may_decide: set[str] = set()
        self._added_freely: set[str] = set()
        self._founding: tuple[int, str] | None = None
        self._accounts_before: Mapping[str, Any] = {}
        self._requested_orders: dict[str, str] = {}
        self._decided_orders: dict[str, tuple[str, bool]] = {}
        self._orders_before: set[str] = set()

    def list_approved(self, kind: str) -> list[Proposal]:
        """The proposals of a kind that two accounts decided, in the order of approval."""
        return [proposal for proposal in self._approved.values() if proposal.kind == kind]

    def find_approved(self, id_: int, kind: str) -> Proposal | None:
        """The proposal if it is of this kind and two accounts decided it."""
        proposal = self._approved.get(id_)
        return proposal if proposal is not None and proposal.kind == kind else None

    def add_entry(self, entry: RowMapping) -> None:
        """Take the next entry of the audit log into account."""
        action, actor, seq = entry["action"], entry["actor"], entry["seq"]
        table, _, key = entry["subject"].partition(":")
        group, _, verb = action.partition(".")
        if action == RULE_BEGINS:
            self._begin(seq, parse_details(entry["details"]))
        elif group == "proposal" and key.isdecimal():
            self._read_proposal(int(key), verb, actor)
        elif group == "staff":
            self._read_account(seq, key, verb, actor)
        elif group == "order":
            self._read_order(key, verb, actor)
        elif action == "lot.recall" and not any(
            key == proposal.document.get("lot") or key in proposal.document.get("lots", ())
            for proposal in self.list_approved("recall")
        ):
            self._report(table, key, "was marked as recalled, and no two accounts decided it")

    def finish(self) -> None:
        """Report proposals that say that they were approved, and were not by two accounts."""
        for id_, proposal in self._proposals.items():
            if proposal.state is ProposalState.APPROVED and id_ not in self._approved:
                self._report("proposals", id_, "was not approved by two accounts that may decide")

    def check_account(self, row: RowMapping) -> None:
        """Report an account whose role or confirmation no two accounts decided."""
        id_, confirmed_by = row["id"], row["confirmed_by"]
        role = [row["role"], row["organisation"]]
        grant = self._granted.get(id_)
        if grant is not None:
            due = [grant.document.get("role"), grant.document.get("organisation")]
            is_due = role == due and confirmed_by in (None, grant.decided_by)
        elif id_ in self._accounts_before:
            is_due = role == self._accounts_before[id_] and confirmed_by is None
        elif id_ in self._added_freely:
            is_due = row["added_by"] not in _FOUNDERS or row["role"] in (FOUNDER_ROLE, DEMO_ROLE)
        else:
            is_due = confirmed_by is None and row["added_by"] is not None
        if not is_due:
            self._report("staff", id_, "has a role that no two accounts decided")

    def check_batches(self, order: str, ordered: int, issued: int) -> None:
        """Report an order from which more stamps were issued than were decided."""
        if issued > ordered:
            self._report("orders", order, f"is of {ordered} stamps, and {issued} were issued")

    def check_order(self, row: RowMapping) -> None:
        """Report an order that no second account decided."""
        if row["decided_by"] is None or row["id"] in self._orders_before:
            return
        decided_by, by_two = self._decided_orders.get(row["id"], ("", False))
        if not by_two or decided_by != row["decided_by"]:
            self._report("orders", row["id"], "was not decided by two accounts that may decide")

    def _report(self, table: str, row: object, what: str) -> None:
        self.problems.append(AuditProblem(table, str(row), what))

    def _begin(self, seq: int, details: Mapping[str, Any]) -> None:
        if self._requested or self._founding or self._accounts_before or self.transitions_before:
            self._report("audit", seq, "says that the rule of two people begins; it did before")
            return
        self.problems.clear()
        self._granted.clear()
        self._added_freely.clear()
        self.transitions_before = int(details.get("transitions", 0))
        self._accounts_before = details.get("accounts", {})
        self._may_decide = set(self._accounts_before)
        self._orders_before = set(self._decided_orders)

    def _read_proposal(self, id_: int, verb: str, actor: str) -> None:
        proposal = self._proposals.get(id_)
        if proposal is None or actor not in self._may_decide:
            return
        if verb == proposal.kind and actor == proposal.requested_by:
            self._requested.add(id_)
        elif (
            verb == "approve"
            and id_ in self._requested
            and proposal.state is ProposalState.APPROVED
            and actor == proposal.decided_by
            and proposal.requested_by in self._may_decide
            and not is_same_account(actor, proposal.requested_by)
        ):
            self._approved[id_] = proposal

    def _read_account(self, seq: int, id_: str, verb: str, actor: str) -> None:
        if verb == "add":
            if self._founding is None or (seq - 1, actor) == self._founding:
                self._may_decide.add(id_)
                self._added_freely.add(id_)
            if self._founding is None and actor in _FOUNDERS:
                self._founding = (seq, actor)
        elif verb == "disable":
            self._may_decide.discard(id_)
        elif verb == "role":
            used = {grant.id for grant in self._granted.values()}
            for grant in reversed(self.list_approved("role.grant")):
                if (grant.document.get("account"), grant.decided_by) == (id_, actor) and (
                    id_ != actor and grant.id not in used
                ):
                    self._granted[id_] = grant
                    self._may_decide.add(id_)
                    return
            self._report("staff", id_, f"got a role in entry {seq} that no two accounts decided")

    def _read_order(self, id_: str, verb: str, actor: str) -> None:
        if verb == "request":
            self._requested_orders[id_] = actor
        elif verb in ("approved", "refused"):
            requested_by = self._requested_orders.get(id_, "")
            by_two = actor in self._may_decide and not is_same_account(actor, requested_by)
            if verb == "approved":
                by_two = by_two and requested_by in self._may_decide
            self._decided_orders[id_] = actor, by_two


async def read_decision_log(connection: AsyncConnection) -> DecisionLog:
    """Read the decisions of two people, and check accounts and orders against them."""
    proposals, staff, orders = schema.proposals, schema.staff, schema.orders
    rows = await connection.execute(select(proposals))
    log = DecisionLog(proposal_from_row(row) for row in rows.mappings())
    async for entry in iterate_chain(connection, schema.audit):
        log.add_entry(entry)
    log.finish()
    columns = (staff.c.id, staff.c.role, staff.c.organisation, staff.c.added_by)
    for row in (await connection.execute(select(*columns, staff.c.confirmed_by))).mappings():
        log.check_account(row)
    for row in (await connection.execute(select(orders.c.id, orders.c.decided_by))).mappings():
        log.check_order(row)
    batches = schema.batches
    sums = (
        select(orders.c.id, orders.c.count, func.sum(batches.c.count))
        .join_from(orders, batches, batches.c.order_id == orders.c.id)
        .group_by(orders.c.id, orders.c.count)
    )
    for order, ordered, issued in await connection.execute(sums):
        log.check_batches(order, ordered, int(issued))
    return log
