"""The context of one use case: who acts, on which ledger, with which issuer and clock."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Literal

from detection.rules import Rules
from issuer import Issuer
from ledger import Ledger, Role, Staff, Token
from ledger.accounts.staff_sessions import SessionLifetimes
from ledger.orders.order_rules import OrderRules
from services.errors import IssuerRequired, KeyRequired

ActorRole = Role | Literal["operator"]
"""A role of staff, or the operator of the host, who is signed in to no account and only reads."""

MAX_KEY_LENGTH: Final = 100
_LIFETIMES: Final = SessionLifetimes(idle_ms=30 * 60_000, longest_ms=12 * 3_600_000)


@dataclass(frozen=True, slots=True)
class Actor:
    """An actor; `id` is the name that the audit chain records."""

    id: str
    role: ActorRole
    organisation: str | None = None
    is_confirmed: bool = True
    """Whether a second person confirmed the account; without it, it holds no permission."""
    scopes: frozenset[str] | None = None
    """The permissions that a token is limited to; None for all of the role's."""
    province: str | None = None
    """The province that an authority is limited to: its organisation's; None for no limit."""

    @classmethod
    def of_staff(cls, staff: Staff) -> "Actor":
        """The actor of a signed-in account."""
        return cls(
            id=staff.id,
            role=staff.role,
            organisation=staff.organisation,
            is_confirmed=staff.is_confirmed,
            scopes=staff.scopes,
            province=limit_province(staff.role, staff.organisation_province),
        )

    @classmethod
    def of_token(cls, token: Token) -> "Actor":
        """The actor of a token that belongs to an organisation. Raises ValueError for another."""
        if token.organisation is None or token.role is None:
            raise ValueError(f"the token {token.id} belongs to no organisation")
        return cls(
            id=f"token:{token.id}",
            role=token.role,
            organisation=token.organisation,
            scopes=token.scopes or frozenset(),
            province=limit_province(token.role, token.organisation_province),
        )

    @classmethod
    def operator(cls, name: str) -> "Actor":
        """The actor of commands without sign-in: reads every row and changes none."""
        return cls(id=name, role="operator")


def limit_province(role: str | None, province: str | None) -> str | None:
    """The province that an actor of a role is limited to by that of its organisation."""
    return province if role == "authority" else None


@dataclass(frozen=True, slots=True)
class ServiceContext:
    """Dependencies of a use case."""

    ledger: Ledger
    actor: Actor
    clock: Callable[[], int]
    """The time: milliseconds since the Unix epoch, UTC."""
    issuer: Issuer | None = None
    """Opens and seals codes and signs manifests; None where no keys are loaded."""
    order_rules: OrderRules = field(default_factory=OrderRules)
    session_lifetimes: SessionLifetimes = _LIFETIMES
    rules: Rules = field(default_factory=Rules)
    """The rules of detection that the resolver works with."""

    def require_issuer(self) -> Issuer:
        """The issuer. Raises `IssuerRequired`."""
        if self.issuer is None:
            raise IssuerRequired
        return self.issuer

    def scope_key(self, key: str) -> str:
        """An idempotency key as the ledger keeps it: each actor has its own key space.

        Raises `KeyRequired`.
        """
        if not key.isascii() or not key.isprintable() or not 1 <= len(key) <= MAX_KEY_LENGTH:
            raise KeyRequired(longest=MAX_KEY_LENGTH)
        return f"{self.actor.id}/{key}"
