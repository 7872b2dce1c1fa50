"""Who may do what: one table, role by role. What is not in it is refused.

A permission says *what* somebody may do; *on which* orders, batches and lots is said in
`desk.scope` (a print house sees the batches assigned to it and no others).
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from ledger import Role
from stamps.lifecycle import Transition


class Permission(StrEnum):
    """One thing that somebody may do."""

    ORDER_SEE = "order.see"
    ORDER_REQUEST = "order.request"
    ORDER_DECIDE = "order.decide"
    BATCH_SEE = "batch.see"
    BATCH_ISSUE = "batch.issue"
    BUNDLE_TAKE = "bundle.take"
    PRINT_REPORT = "print.report"
    LOT_SEE = "lot.see"
    LOT_PUT = "lot.put"
    STAMP_SEE = "stamp.see"
    ALERT_SEE = "alert.see"
    ALERT_DECIDE = "alert.decide"
    ACTIVATE = "transition.activate"
    VOID = "transition.void"
    SUSPEND = "transition.suspend"
    RELEASE = "transition.release"
    RECALL = "transition.recall"


_P = Permission

GRANTS: Final[Mapping[Role, frozenset[Permission]]] = {
    "print_house": frozenset({_P.BATCH_SEE, _P.BUNDLE_TAKE, _P.PRINT_REPORT, _P.VOID}),
    "packer": frozenset(
        {
            *(_P.ORDER_SEE, _P.ORDER_REQUEST, _P.BATCH_SEE, _P.STAMP_SEE),
            *(_P.LOT_SEE, _P.LOT_PUT, _P.ACTIVATE, _P.VOID),
        }
    ),
    "inspector": frozenset(
        {
            *(_P.BATCH_SEE, _P.LOT_SEE, _P.STAMP_SEE, _P.ALERT_SEE, _P.ALERT_DECIDE),
            *(_P.SUSPEND, _P.RELEASE, _P.RECALL),
        }
    ),
    "authority": frozenset(
        {
            *(_P.ORDER_SEE, _P.ORDER_DECIDE, _P.BATCH_SEE, _P.LOT_SEE, _P.STAMP_SEE),
            *(_P.ALERT_SEE, _P.RECALL),
        }
    ),
    "issuer": frozenset(
        {
            *(_P.ORDER_SEE, _P.ORDER_REQUEST, _P.BATCH_SEE, _P.BATCH_ISSUE),
            *(_P.LOT_SEE, _P.STAMP_SEE, _P.VOID),
        }
    ),
}
"""What each role may do. Whoever asks for stamps does not approve them, who issues them does
neither activate nor judge, and nobody's role can do everything."""

MOVES: Final[Mapping[Transition, Permission]] = {
    Transition.ACTIVATE: _P.ACTIVATE,
    Transition.VOID: _P.VOID,
    Transition.SUSPEND: _P.SUSPEND,
    Transition.RELEASE: _P.RELEASE,
    Transition.RECALL: _P.RECALL,
}
"""The transitions that staff make; `print` comes by reports, `claim` from consumers."""


def may(role: Role, permission: Permission) -> bool:
    """Whether a role has a permission."""
    return permission in GRANTS[role]


def draw() -> str:
    """The table as Markdown; docs/desk.md shows it."""
    lines = ["| permission | " + " | ".join(GRANTS) + " |", "|---|" + "---|" * len(GRANTS)]
    for permission in Permission:
        cells = ["yes" if may(role, permission) else "" for role in GRANTS]
        lines.append(f"| `{permission}` | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"
