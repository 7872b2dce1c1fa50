"""Actors of the trade: one table of who there is and which part of the record each writes.

An actor is an organisation of a kind and the role of its people, both with one name
(`ledger.trade_kinds`). Packers are in the table too: they write events besides their lots. No actor
writes for another: an event is a statement of the organisation that records it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from services.permissions import GRANTS, Permission

ActorEntry = Literal[
    "planting",
    "input",
    "harvest",
    "purchase",
    "processing",
    "packing",
    "transport",
    "checkpoint",
    "receipt",
    "sale",
    "test",
    "certificate",
]
"""A kind of work that an actor tells of."""


@dataclass(frozen=True, slots=True)
class TradeActor:
    """One kind of actor."""

    role: str
    entries: tuple[ActorEntry, ...]
    """What it tells of: its own work."""
    has_areas: bool = False
    """Whether it sees the lots that name its registered growing areas, and is heard about them."""


TRADE_ACTORS: Final[Mapping[str, TradeActor]] = {
    actor.role: actor
    for actor in (
        TradeActor("grower", ("planting", "input", "harvest", "sale"), has_areas=True),
        TradeActor("buyer", ("purchase", "receipt", "sale")),
        TradeActor("packer", ("purchase", "receipt", "packing", "sale")),
        TradeActor("processor", ("purchase", "receipt", "processing", "sale")),
        TradeActor("carrier", ("transport", "checkpoint")),
        TradeActor("distributor", ("receipt", "sale")),
        TradeActor("retailer", ("receipt", "sale")),
        TradeActor("laboratory", ("test",)),
        TradeActor("certifier", ("certificate",)),
    )
}
"""All actors by role."""


def list_entries(role: str) -> tuple[ActorEntry, ...]:
    """The kinds of work that people of a role tell of; none for a role outside of the trade."""
    actor = TRADE_ACTORS.get(role)
    return () if actor is None else actor.entries


def render_actors() -> str:
    """The table as Markdown, as docs/actors.md shows it."""
    lines = [
        "| kind and role | tells of | sees lots | is heard about stamps |",
        "|---|---|---|---|",
    ]
    for role, actor in TRADE_ACTORS.items():
        lots = "of its growing areas" if actor.has_areas else ""
        if role == "packer":
            lots = "its own"
        granted = GRANTS[role]  # type: ignore[index] # the table's names are roles
        heard = "yes" if Permission.HEARING_ANSWER in granted else ""
        lines.append(f"| `{role}` | {', '.join(actor.entries)} | {lots} | {heard} |")
    return "\n".join(lines) + "\n"
