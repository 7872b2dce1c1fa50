"""Rows of accounts: roles, records, the statements of `ledger.accounts.staff`, and role grants.

The functions work inside the caller's transaction.
"""

from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

from sqlalchemy import RowMapping, Select, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.chains.chained_rows import record_audit, record_row_change
from ledger.enabled_organisations import require_enabled
from ledger.errors import AlreadyExists, SecondPersonRequired, UnknownRow
from ledger.proposals.deciding_account import is_confirmed
from ledger.proposals.proposal import Proposal
from ledger.proposals.proposals import propose
from ledger.search_words import put_search_words
from ledger.staff_errors import (
    InvitationOpen,
    LastAdministrator,
    NobodyElse,
    UnknownStaff,
    WrongCredentials,
)
from ledger.trade_kinds import TradeKind

Role = Literal[
    "print_house", "packer", TradeKind, "inspector", "authority", "issuer", "administrator", "demo"
]
DEMO_ROLE: Final[Role] = "demo"
"""The role of a demo's two accounts, who play all parts; no other account has it."""
ROLES: Final[tuple[Role, ...]] = tuple(role for role in get_args(Role) if role != DEMO_ROLE)
"""The roles that an account can be given."""
FOUNDER: Final = "init"
"""Name under which the first two accounts were added and confirmed."""
FOUNDER_ROLE: Final[Role] = "administrator"
_ADMINISTRATORS: Final = (FOUNDER_ROLE, DEMO_ROLE)
NO_PASSWORD: Final = ""
"""The hash of an account that nobody can sign in to; checking it takes as long as any."""
DEMO_FOUNDER: Final = "init --demo"
"""Name under which a demo's two accounts were added; their passwords are published."""


@dataclass(frozen=True, slots=True)
class Staff:
    """A person's account; `id` is the sign-in name and the actor in the audit log."""

    id: str
    name: str
    role: Role
    organisation: str | None
    has_otp: bool
    disabled: bool
    generation: int
    """Grows with each sign-out; sessions of an earlier generation are invalid."""
    added_at: int
    is_confirmed: bool
    """Whether a second person confirmed the account; without it, it may do nothing."""
    is_demo: bool
    """Whether `init --demo` founded it: its password is published."""
    scopes: frozenset[str] | None = None
    """The permissions that the token which signed it in is limited to; None for all."""
    is_invited: bool = False
    """Whether its person has not chosen a password yet."""
    is_organisation_disabled: bool = False
    organisation_province: str | None = None

    @property
    def is_barred(self) -> bool:
        """Whether nobody may sign in to it: the account or its organisation is disabled."""
        return self.disabled or self.is_organisation_disabled


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account to add."""

    id: str
    name: str
    password: str
    otp_secret: str | None = None
    """Secret of the one-time codes (base32); None for none."""
    role: Role = "administrator"
    organisation: str | None = None

    def __repr__(self) -> str:
        return f"NewAccount({self.id})"


async def propose_role(
    connection: AsyncConnection,
    account: str,
    role: Role,
    organisation: str | None,
    *,
    actor: str,
    key: str,
    at: int,
) -> Proposal:
    """Propose a role for an account inside the caller's transaction; by `ledger.proposals`."""
    return await propose(
        connection,
        "role.grant",
        f"account:{account}",
        document={"account": account, "role": role, "organisation": organisation},
        reason=None,
        actor=actor,
        key=key,
        at=at,
    )


async def grant_role(connection: AsyncConnection, proposal: Proposal) -> Staff:
    """The act of a proposal to give an account a role, which confirms the account too.

    A disabled account is enabled again. The account itself may not decide on its role. Its sessions
    end. Raises `UnknownStaff`,
    `SecondPersonRequired`, `InvitationOpen`, `OrganisationDisabled`.
    """
    id_, actor = str(proposal.document["account"]), proposal.decided_by or ""
    if id_ == actor:
        raise SecondPersonRequired(proposal=proposal.id, actor=id_)
    known = await find_account(connection, id_)
    if known["password_hash"] == NO_PASSWORD:
        raise InvitationOpen(account=id_)
    if known["role"] in _ADMINISTRATORS and proposal.document["role"] not in _ADMINISTRATORS:
        await require_another_administrator(connection, id_)
    await require_enabled(connection, proposal.document["organisation"])
    row = {
        "role": proposal.document["role"],
        "organisation": proposal.document["organisation"],
        "confirmed_by": actor,
        "disabled": False,
        "disabled_at": None,
    }
    return await change_account(connection, id_, "staff.role", actor, proposal.decided_at or 0, row)


ACCOUNTS: Final = (
    select(
        schema.staff,
        *schema.staff_sign_in.columns[1:],
        schema.organisations.c.disabled_at.is_not(None).label("is_organisation_disabled"),
        schema.organisations.c.province.label("organisation_province"),
    )
    .join(schema.staff_sign_in, schema.staff_sign_in.c.staff == schema.staff.c.id)
    .outerjoin(schema.organisations, schema.organisations.c.id == schema.staff.c.organisation)
)


def select_account(id_: str) -> Any:
    """The query for one account."""
    return ACCOUNTS.where(schema.staff.c.id == id_)


async def find_account(connection: AsyncConnection, id_: str) -> RowMapping:
    """Return the row of an account. Raises `UnknownStaff`."""
    found = (await connection.execute(select_account(id_))).mappings().one_or_none()
    if found is None:
        raise UnknownStaff(staff=id_)
    return found


async def has_founders(connection: AsyncConnection) -> bool:
    """Whether there is an account that can add and confirm others."""
    roles = (FOUNDER_ROLE, DEMO_ROLE)
    found = select(schema.staff.c.id).where(schema.staff.c.role.in_(roles)).limit(1)
    return await connection.scalar(found) is not None


def select_acting_administrators() -> Select[tuple[str]]:
    """The query for the accounts that manage others and can sign in."""
    staff, organisations = schema.staff, schema.organisations
    is_barred = (
        select(organisations.c.id)
        .where(organisations.c.id == staff.c.organisation, organisations.c.disabled_at.is_not(None))
        .exists()
    )
    return select(staff.c.id).where(
        staff.c.role.in_(_ADMINISTRATORS),
        ~staff.c.disabled,
        ~is_barred,
        staff.c.password_hash != NO_PASSWORD,
        staff.c.added_by.is_(None) | staff.c.confirmed_by.is_not(None),
    )


async def require_third_person(connection: AsyncConnection, account: str, actor: str) -> None:
    """Raise `NobodyElse` unless a third account can confirm this one."""
    third = select_acting_administrators().where(schema.staff.c.id.not_in((account, actor)))
    if await connection.scalar(third.limit(1)) is None:
        raise NobodyElse(account=account)


async def require_another_administrator(connection: AsyncConnection, account: str) -> None:
    """Raise `LastAdministrator` unless an administrator other than this account can act."""
    other = select_acting_administrators().where(schema.staff.c.id != account)
    if await connection.scalar(other.limit(1)) is None:
        raise LastAdministrator(account=account)


async def insert_account(
    connection: AsyncConnection, row: dict[str, Any], actor: str, at: int
) -> Staff:
    """Insert an account. Raises `AlreadyExists`, `UnknownRow` for its organisation."""
    staff, organisations = schema.staff, schema.organisations
    id_, organisation = row["id"], row["organisation"]
    if await connection.scalar(select(staff.c.id).where(staff.c.id == id_)):
        raise AlreadyExists(kind="staff account", id=id_)
    known = select(organisations.c.id).where(organisations.c.id == organisation)
    if organisation is not None and await connection.scalar(known) is None:
        raise UnknownRow(kind="organisation", id=organisation)
    await require_enabled(connection, organisation)
    await connection.execute(insert(staff).values(row))
    await connection.execute(
        insert(schema.staff_sign_in).values(staff=id_, otp_step=0, generation=0)
    )
    await put_search_words(connection, "staff", id_, id_, row["name"])
    await record_row_change(connection, staff, id_, at=at, actor=actor, action="staff.add")
    return read_account(await find_account(connection, id_))


async def check_generation(connection: AsyncConnection, id_: str, generation: int | None) -> None:
    """Raise `WrongCredentials` when the account was changed since its identity was confirmed."""
    known = await find_account(connection, id_)
    if generation is not None and known["generation"] != generation:
        raise WrongCredentials


async def set_presence(connection: AsyncConnection, id_: str, **row: Any) -> None:
    """Set what changes with each sign-in."""
    presence = schema.staff_sign_in
    await connection.execute(update(presence).where(presence.c.staff == id_).values(row))


async def record_step(
    connection: AsyncConnection, id_: str, verb: str, actor: str, at: int
) -> None:
    """Append an audit entry about an account whose row does not change."""
    await record_audit(
        connection, at=at, actor=actor, action=f"staff.{verb}", subject=f"staff:{id_}", details={}
    )


async def change_account(
    connection: AsyncConnection, id_: str, action: str, actor: str, at: int, row: dict[str, Any]
) -> Staff:
    """Change an account's row and end its sessions."""
    staff, known = schema.staff, await find_account(connection, id_)
    await connection.execute(update(staff).where(staff.c.id == id_).values(row))
    if "name" in row:
        await put_search_words(connection, "staff", id_, id_, row["name"])
    await set_presence(connection, id_, generation=known["generation"] + 1)
    await record_row_change(connection, staff, id_, at=at, actor=actor, action=action)
    return read_account(await find_account(connection, id_))


def read_account(row: RowMapping) -> Staff:
    """Return the account in a row of `ACCOUNTS`."""
    return Staff(
        id=row["id"],
        name=row["name"],
        role=row["role"],
        organisation=row["organisation"],
        has_otp=row["otp_secret"] is not None,
        disabled=row["disabled"],
        generation=row["generation"],
        added_at=row["added_at"],
        is_confirmed=is_confirmed(row["added_by"], row["confirmed_by"]),
        is_demo=row["added_by"] == DEMO_FOUNDER,
        is_invited=row["password_hash"] == NO_PASSWORD,
        is_organisation_disabled=row["is_organisation_disabled"],
        organisation_province=row["organisation_province"],
    )
