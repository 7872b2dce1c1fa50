"""Guards of orders since migration 0024: steps, withdrawals, reasons, and approvals above a limit.

They repeat rules of `ledger.orders.orders` and `ledger.orders.order_limits` on purpose, as those of
`ledger.migrations.guards` do. The crop is compared with every active growing area, whatever its
days, so that the guard refuses nothing that the ledger allows.
"""

# ruff: noqa: S608 - names in the SQL are the migrations' own

from typing import Final

from alembic import op

from ledger.migrations.guards import (
    drop_guard,
    is_sqlite,
    make_guard,
    normalise_name,
    translate_rules,
)

_YEAR: Final = "(SELECT year FROM order_numbers WHERE order_id = NEW.id)"
_ORDERED: Final = (
    "(NEW.count + coalesce((SELECT sum(o.count) FROM orders o JOIN order_numbers n"
    " ON n.order_id = o.id WHERE o.packer = NEW.packer AND o.id <> NEW.id"
    f" AND o.state IN ('approved', 'fulfilled') AND n.year = {_YEAR}{{and_product}}), 0))"
)
_QUOTA: Final = (
    f"(SELECT stamps FROM order_quotas WHERE organisation = NEW.packer AND year = {_YEAR})"
)
_CROP: Final = (
    "(SELECT sum(c.hectares * coalesce(c.yield_t_per_ha, p.yield_t_per_ha)) * 1000"
    " / min(p.fruit_kg) FROM registered_codes c JOIN products p ON p.id = NEW.product"
    " WHERE c.kind = 'growing_area' AND c.organisation = NEW.packer AND c.status = 'active'"
    " AND c.products LIKE '%\"' || NEW.product || '\"%')"
)
_SECOND_APPROVAL: Final = (
    "EXISTS (SELECT 1 FROM proposals WHERE kind = 'order.excess'"
    " AND subject = 'order:' || NEW.id AND state = 'approved' AND used_at IS NULL"
    " AND decided_by = NEW.decided_by AND requested_by <> NEW.requested_by)"
)


def guard_order_steps() -> None:
    """Let an order take the steps of `order_states`; above a limit, with two approvals."""
    same = " OR ".join(
        f"NEW.{name} IS DISTINCT FROM OLD.{name}"
        for name in (
            *("id", "count", "grade", "has_pin", "product", "packer", "print_house", "note"),
            *("requested_by", "requested_at", "due_on", "excess_reason"),
        )
    )
    decision = " OR ".join(
        f"NEW.{name} IS DISTINCT FROM OLD.{name}"
        for name in ("decided_by", "decided_at", "decision_reason")
    )
    by_another = f"{normalise_name('NEW.decided_by')} <> {normalise_name('NEW.requested_by')}"
    approval = "OLD.state = 'requested' AND NEW.state = 'approved'"
    rules = [
        (same, "what was ordered never changes"),
        (
            "NOT (NEW.state = OLD.state"
            " OR OLD.state = 'requested' AND NEW.state IN ('approved', 'refused', 'withdrawn')"
            " OR OLD.state = 'approved' AND NEW.state = 'fulfilled')",
            "an order is decided once, then fulfilled",
        ),
        (f"OLD.state <> 'requested' AND ({decision})", "a decision on an order never changes"),
        (
            f"NEW.state NOT IN ('requested', 'withdrawn') AND ({by_another}) IS NOT TRUE",
            "an order is decided by another person than requested it",
        ),
        (
            "NEW.state IN ('requested', 'withdrawn') AND NEW.decided_by IS NOT NULL",
            "an order that is decided has a decision",
        ),
        (
            "OLD.state = 'requested' AND NEW.state = 'refused' AND NEW.decision_reason IS NULL",
            "an order is refused with a reason",
        ),
        (
            f"{approval} AND {_ORDERED.format(and_product='')} > {_QUOTA}"
            f" AND NOT {_SECOND_APPROVAL}",
            "an order above its quota needs a second approval",
        ),
        (
            f"{approval} AND {_ORDERED.format(and_product=' AND o.product = NEW.product')}"
            f" > {_CROP} AND NOT {_SECOND_APPROVAL}",
            "an order above the crop needs a second approval",
        ),
    ]
    drop_guard("orders_decided", "orders", ("UPDATE",))
    make_guard("orders_decided", "orders", ("UPDATE",), translate_rules(rules))
    if not is_sqlite():
        op.execute("DROP TRIGGER orders_two_people ON orders")
        op.execute(
            "CREATE TRIGGER orders_two_people BEFORE UPDATE ON orders FOR EACH ROW "
            "WHEN (OLD.state = 'requested' AND NEW.state IN ('approved', 'refused')) "
            "EXECUTE FUNCTION veritem_guard_order_accounts()"
        )
