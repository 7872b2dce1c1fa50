"""Invitations of actors: an organisation invites another, whose first person makes its account.

An invitation has a code of twelve characters (60 random bits), which stands on a sheet of paper or
in a message to a phone. Its SHA-256 finds it. The code and the phone number are kept sealed, so
that the inviter can print or send them again, and are erased with the name when the invitation is
accepted, withdrawn or past its time.

Who accepts becomes an account of an organisation of its own, in one transaction: the organisation,
the account, the owner of the registered code and the invitation change together or not at all.
The inviter is the second person of the account: the roles of the trade decide nothing
(`ledger.proposals.deciding_account`). Whatever is wrong with a code, the answer is the same.
"""

import hashlib
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from sqlalchemy import RowMapping, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.accounts.account_rows import Staff, insert_account
from ledger.accounts.staff import StaffAccounts
from ledger.chains.chained_rows import record_audit
from ledger.codes.registered_codes import CodeNote, select_codes, write_codes
from ledger.errors import TooManyInvitations, UnknownRow
from ledger.organisations.registry import Organisation, insert_organisation
from ledger.staff_errors import UnknownInvitation
from ledger.storage.secret_seal import LoadKeys, SecretLocked, SecretSeal
from ledger.storage.store import Store, uncancellable
from ledger.trade_kinds import TradeKind
from web.plain_letters import split_words

ActorInvitationState = Literal["open", "accepted", "withdrawn", "expired"]

SEAL_PURPOSE: Final = "actor-invitation"
CODE_LENGTH: Final = 12
MOST_OPEN: Final = 2_000
"""Open invitations of one organisation."""
_ERASED_AT_ONCE: Final = 200
_NAMES_TRIED: Final = 50
_LONGEST_NAME: Final = 24
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PLAIN: Final = re.compile("[a-z0-9]+")
_TABLE: Final = schema.actor_invitations


@dataclass(frozen=True, slots=True)
class NewActorInvitation:
    """An invitation to make."""

    kind: TradeKind
    inviter: str
    """The organisation that invites; empty for the ministry's own people, who have none."""
    invited_by: str
    """The account that invites."""
    name: str
    """What the invited household or organisation is called."""
    expires_at: int
    phone: str | None = None
    """In the form +84912345678; None for an invitation on paper."""
    province: str | None = None
    code: str | None = None
    """A registered code that becomes the invited organisation's, unless it has an owner then."""


@dataclass(frozen=True, slots=True)
class ActorInvitation:
    """An invitation of an actor; times are milliseconds, UTC."""

    id: str
    kind: TradeKind
    inviter: str
    invited_by: str
    name: str | None
    """None once it is erased: nobody accepted."""
    province: str | None
    code: str | None
    state: ActorInvitationState
    phone_end: str | None
    """The last three digits of the phone number."""
    made_at: int
    expires_at: int
    changed_at: int
    organisation: str | None
    account: str | None


@dataclass(frozen=True, slots=True)
class InvitationSecrets:
    """What the inviter gives to the invited; None where it cannot be opened."""

    code: str | None
    phone: str | None


@dataclass(frozen=True, slots=True)
class AcceptedInvitation:
    """What accepting made."""

    staff: Staff
    organisation: Organisation


class ActorInvitations:
    """The invitations of actors of one ledger."""

    def __init__(
        self, store: Store, clock: Callable[[], int], staff: StaffAccounts, load_keys: LoadKeys
    ) -> None:
        self._store = store
        self._clock = clock
        self._staff = staff
        self._seal = SecretSeal(SEAL_PURPOSE, load_keys)

    @uncancellable
    async def add(self, new: NewActorInvitation, *, key: str) -> ActorInvitation:
        """Make an invitation; the same key again answers the first.

        Raises `TooManyInvitations`, `UnknownRow` for the code, `SecretLocked`.
        """
        at = self._clock()
        async with self._store.write() as connection:
            known = await connection.execute(select(_TABLE).where(_TABLE.c.key == key))
            if (row := known.mappings().one_or_none()) is not None:
                return _from_row(row)
            return await self.write(connection, new, key=key, at=at)

    async def write(
        self, connection: AsyncConnection, new: NewActorInvitation, *, key: str, at: int
    ) -> ActorInvitation:
        """Make an invitation of a new key, within a transaction.

        Raises `TooManyInvitations`, `UnknownRow` for the code, `SecretLocked`.
        """
        id_, code = secrets.token_hex(6), _make_code()
        if await _count_open(connection, new.inviter) >= MOST_OPEN:
            raise TooManyInvitations(most=MOST_OPEN)
        if new.code is not None and not await select_codes(connection, [new.code]):
            raise UnknownRow(kind="registered code", id=new.code)
        phone = new.phone
        await connection.execute(
            insert(_TABLE).values(
                id=id_,
                key=key,
                kind=new.kind,
                inviter=new.inviter,
                invited_by=new.invited_by,
                name=new.name,
                province=new.province,
                code=new.code,
                state="open",
                sha256=_digest(code),
                secret=self._seal.seal(id_, code),
                phone=None if phone is None else self._seal.seal(f"{id_} phone", phone),
                phone_end=None if phone is None else phone[-3:],
                made_at=at,
                expires_at=new.expires_at,
                changed_at=at,
            )
        )
        await _record(connection, id_, "make", new.invited_by, at, kind=new.kind)
        return _from_row(await _get(connection, id_))

    async def list_open(self, inviter: str) -> list[ActorInvitation]:
        """The open invitations of an organisation, at most `MOST_OPEN`, the newest first."""
        query = (
            select(_TABLE)
            .where(_TABLE.c.inviter == inviter, _TABLE.c.state == "open")
            .order_by(_TABLE.c.made_at.desc(), _TABLE.c.id.desc())
            .limit(MOST_OPEN)
        )
        async with self._store.read() as connection:
            return [_from_row(row) for row in (await connection.execute(query)).mappings()]

    async def list_of_keys(self, inviter: str, prefix: str) -> list[ActorInvitation]:
        """The invitations whose keys begin so, at most `MOST_OPEN`, in the order of their keys."""
        query = (
            select(_TABLE)
            .where(_TABLE.c.key >= prefix, _TABLE.c.key < f"{prefix}~", _TABLE.c.inviter == inviter)
            .order_by(_TABLE.c.key)
            .limit(MOST_OPEN)
        )
        async with self._store.read() as connection:
            return [_from_row(row) for row in (await connection.execute(query)).mappings()]

    async def get(self, id_: str) -> ActorInvitation:
        """Return an invitation. Raises `UnknownRow`."""
        async with self._store.read() as connection:
            return _from_row(await _get(connection, id_))

    async def open_secrets(self, id_: str) -> InvitationSecrets:
        """Return code and phone number of an open invitation, as far as keys open them.

        Raises `UnknownRow`.
        """
        async with self._store.read() as connection:
            row = await _get(connection, id_)
        return InvitationSecrets(
            self._open(id_, row["secret"]), self._open(f"{id_} phone", row["phone"])
        )

    @uncancellable
    async def withdraw(self, id_: str, *, actor: str) -> ActorInvitation:
        """Withdraw an open invitation; again changes nothing.

        Raises `UnknownRow`, `UnknownInvitation` for one that was accepted.
        """
        at = self._clock()
        async with self._store.write() as connection:
            row = await _get(connection, id_)
            if row["state"] == "accepted":
                raise UnknownInvitation
            if row["state"] == "open":
                await _close(connection, [id_], "withdrawn", at)
                await _record(connection, id_, "withdraw", actor, at)
            return _from_row(await _get(connection, id_))

    async def find(self, code: str) -> ActorInvitation:
        """Return the open invitation of a code in canonical form. Raises `UnknownInvitation`."""
        async with self._store.read() as connection:
            return _from_row(await _find(connection, code, self._clock()))

    async def accept(self, code: str, person: str, password: str) -> AcceptedInvitation:
        """Make the organisation and its first account, once; the code works no more.

        Raises `UnknownInvitation`, `WeakPassword`.
        """
        known = await self.find(code)
        hashed = await self._staff.hash_new_password(password, (person, known.name or ""), code)
        return await self._accept(code, person, hashed)

    @uncancellable
    async def _accept(self, code: str, person: str, hashed: str) -> AcceptedInvitation:
        at = self._clock()
        async with self._store.write() as connection:
            row = await _find(connection, code, at)  # again: another may have been quicker
            account = await _find_free_account(connection, person)
            organisation = Organisation(
                await _find_free_organisation(connection, row["name"]),
                row["kind"],
                row["name"],
                province=row["province"],
            )
            await insert_organisation(connection, organisation, actor=account, at=at)
            # First, because a guard of the database asks for it when the account is added.
            await connection.execute(
                update(_TABLE)
                .where(_TABLE.c.id == row["id"])
                .values(
                    state="accepted",
                    organisation=organisation.id,
                    account=account,
                    changed_at=at,
                    secret=None,
                    phone=None,
                    phone_end=None,
                )
            )
            staff = await insert_account(
                connection,
                {
                    "id": account,
                    "name": person,
                    "role": row["kind"],
                    "organisation": organisation.id,
                    "password_hash": hashed,
                    "otp_secret": None,
                    "disabled": False,
                    "added_at": at,
                    "added_by": account,
                    "confirmed_by": row["invited_by"],
                },
                account,
                at,
            )
            await _give_code(connection, row, organisation.id, at)
            await _record(
                connection, row["id"], "accept", account, at, organisation=organisation.id
            )
            return AcceptedInvitation(staff, organisation)

    @uncancellable
    async def erase_old(self) -> int:
        """Erase names, phone numbers and codes of invitations past their time; return how many."""
        at = self._clock()
        async with self._store.write() as connection:
            query = (
                select(_TABLE.c.id)
                .where(_TABLE.c.state == "open", _TABLE.c.expires_at <= at)
                .order_by(_TABLE.c.expires_at)
                .limit(_ERASED_AT_ONCE)
            )
            ids = list(await connection.scalars(query))
            if ids:
                await _close(connection, ids, "expired", at)
            return len(ids)

    def _open(self, owner: str, stored: str | None) -> str | None:
        if stored is None:
            return None
        try:
            return self._seal.open(owner, stored)
        except SecretLocked:
            return None


def read_code(text: str) -> str | None:
    """The canonical form of a code as people type it; None for what is none.

    >>> read_code(" 7k3m-o1x9 pqrt "), read_code("7K3M")
    ('7K3M01X9PQRT', None)
    """
    plain = "".join(letter for letter in text.upper() if letter not in " -.\u2013\u2011\u00a0")
    plain = plain.translate(str.maketrans("OIL", "011"))
    is_code = len(plain) == CODE_LENGTH and set(plain) <= set(_ALPHABET)
    return plain if is_code else None


def format_invitation_code(code: str) -> str:
    """A code as it is printed: three groups of four.

    >>> format_invitation_code("7K3M01X9PQRT")
    '7K3M-01X9-PQRT'
    """
    return "-".join(code[at : at + 4] for at in range(0, CODE_LENGTH, 4))


def _make_code() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(CODE_LENGTH))


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()


async def _find(connection: AsyncConnection, code: str, at: int) -> RowMapping:
    organisations = schema.organisations
    query = (
        select(_TABLE)
        .outerjoin(organisations, organisations.c.id == _TABLE.c.inviter)
        .where(
            _TABLE.c.sha256 == _digest(code),
            _TABLE.c.state == "open",
            _TABLE.c.expires_at > at,
            organisations.c.disabled_at.is_(None),
        )
    )
    row = (await connection.execute(query)).mappings().one_or_none()
    if row is None:
        raise UnknownInvitation
    return row


async def _count_open(connection: AsyncConnection, inviter: str) -> int:
    query = select(func.count()).where(_TABLE.c.inviter == inviter, _TABLE.c.state == "open")
    return await connection.scalar(query) or 0


async def _close(connection: AsyncConnection, ids: list[str], state: str, at: int) -> None:
    await connection.execute(
        update(_TABLE)
        .where(_TABLE.c.id.in_(ids))
        .values(state=state, changed_at=at, name=None, secret=None, phone=None, phone_end=None)
    )


async def _give_code(
    connection: AsyncConnection, row: RowMapping, organisation: str, at: int
) -> None:
    """Give the invitation's registered code to the new organisation, if nobody owns it."""
    if row["code"] is None:
        return
    before = await select_codes(connection, [row["code"]])
    wanted = [
        replace(one, organisation=organisation)
        for one in before.values()
        if one.organisation is None
    ]
    note = CodeNote("change", row["invited_by"], at, {"invitation": row["id"]})
    await write_codes(connection, before, wanted, note)


async def _find_free_account(connection: AsyncConnection, person: str) -> str:
    """A name for the account: the person's in plain letters, with a number where it is taken."""
    base = _make_name(person, ".") or "nguoi-dung"
    for number in range(1, _NAMES_TRIED):
        name = base if number == 1 else f"{base}{number}"
        if await connection.scalar(select(schema.staff.c.id).where(schema.staff.c.id == name)):
            continue
        return name
    return f"{base}-{secrets.token_hex(4)}"


async def _find_free_organisation(connection: AsyncConnection, name: str) -> str:
    base = _make_name(name, "-") or "don-vi"
    known = select(schema.organisations.c.id).where(schema.organisations.c.id == base)
    return f"{base}-{secrets.token_hex(3)}" if await connection.scalar(known) else base


def _make_name(text: str, separator: str) -> str:
    words = [word for word in split_words(text) if _PLAIN.fullmatch(word)]
    return separator.join(words)[:_LONGEST_NAME].strip(separator)


async def _record(
    connection: AsyncConnection, id_: str, act: str, actor: str, at: int, **details: str
) -> None:
    await record_audit(
        connection,
        at=at,
        actor=actor,
        action=f"actor_invitation.{act}",
        subject=f"actor_invitations:{id_}",
        details=details,
    )


async def _get(connection: AsyncConnection, id_: str) -> RowMapping:
    found = await connection.execute(select(_TABLE).where(_TABLE.c.id == id_))
    row = found.mappings().one_or_none()
    if row is None:
        raise UnknownRow(kind="invitation", id=id_)
    return row


def invitation_from_row(row: RowMapping | Mapping[str, Any]) -> ActorInvitation:
    """The invitation in a row of `actor_invitations`."""
    names = ActorInvitation.__dataclass_fields__
    return ActorInvitation(**{name: row[name] for name in names})


_from_row = invitation_from_row
