"""Invitations: an account whose person chooses the password, by a link that works once.

An invitation is the text `inv_ID_SECRET`; only the SHA-256 of its secret (256 random bits) is
stored. The account is added at once, without a password that anybody knows, and its role is
proposed; nobody confirms it before its person has accepted, so that the second person decides about
an account that is somebody's. A reset invites the person of a known account again: the old password
works no more, and nobody else learns the new one. Whatever is wrong with a link, the answer is the
same.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import RowMapping, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.account_names import check_account_name
from ledger.accounts import staff_tokens as tokens
from ledger.accounts.account_rows import (
    NO_PASSWORD,
    ROLES,
    NewAccount,
    Staff,
    change_account,
    find_account,
    insert_account,
    propose_role,
    read_account,
    record_step,
    require_third_person,
)
from ledger.accounts.recovery_codes import replace_recovery_codes
from ledger.accounts.staff import StaffAccounts
from ledger.errors import AlreadyExists
from ledger.proposals.proposal import Proposal
from ledger.staff_errors import AccountDisabled, InvitationOpen, UnknownInvitation
from ledger.storage.store import Store, uncancellable

_FORM: Final = re.compile(r"inv_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")
_TABLE: Final = schema.staff_invitations


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation that waits for its person; times are milliseconds, UTC."""

    id: str
    account: str
    made_at: int
    expires_at: int


class Invitations:
    """The invitations of one ledger."""

    def __init__(self, store: Store, clock: Callable[[], int], staff: StaffAccounts) -> None:
        self._store = store
        self._clock = clock
        self._staff = staff

    @uncancellable
    async def invite(
        self, account: NewAccount, *, actor: str, key: str, expires_at: int, at: int
    ) -> tuple[Staff, Proposal, str]:
        """Add an account and propose its role; return the text of its invitation, this once.

        Raises `AlreadyExists`, `UnknownRow` for the organisation, as `Proposals.add` does, and
        ValueError for a malformed name or an unknown role.
        """
        if account.role not in ROLES:
            raise ValueError(f"there is no role {account.role}; there are {', '.join(ROLES)}")
        row: dict[str, Any] = {
            "id": check_account_name(account.id),
            "name": account.name,
            "role": account.role,
            "organisation": account.organisation,
            "password_hash": NO_PASSWORD,
            "otp_secret": None,
            "disabled": False,
            "added_at": at,
            "added_by": actor,
            "confirmed_by": None,
        }
        async with self._store.write() as connection:
            added = await insert_account(connection, row, actor, at)
            proposal = await propose_role(
                connection, added.id, added.role, added.organisation, actor=actor, key=key, at=at
            )
            text = await _insert(connection, added.id, "invite", actor, expires_at, at)
        return added, proposal, text

    @uncancellable
    async def reset(
        self,
        account: str,
        *,
        with_codes: bool,
        actor: str,
        key: str,
        expires_at: int,
        at: int,
    ) -> tuple[Staff, Proposal | None, str]:
        """Take the password off somebody else's account; return the text of its link, this once.

        Its sessions end and its tokens are revoked. `with_codes` also takes its one-time codes and
        recovery codes. An account that keeps its codes stays confirmed: whoever has the link alone
        cannot sign in. Any other may do nothing until a third person confirms it; its role is
        proposed again. Raises `UnknownStaff`, `AccountDisabled`, `NobodyElse`, and `InvitationOpen`
        for an account that waits for its password already.
        """
        async with self._store.write() as connection:
            known = read_account(await find_account(connection, account))
            if known.is_barred:
                raise AccountDisabled(account=account)
            if known.is_invited:
                raise InvitationOpen(account=account)
            keeps_codes = known.has_otp and not with_codes
            row: dict[str, Any] = {"password_hash": NO_PASSWORD}
            if not keeps_codes:
                await require_third_person(connection, account, actor)
                await replace_recovery_codes(connection, account, (), at=at)
                row |= {"otp_secret": None, "added_by": actor, "confirmed_by": None}
            await tokens.revoke_all(connection, account, actor=actor, at=at)
            changed = await change_account(connection, account, "staff.reset", actor, at, row)
            proposal = None
            if not keeps_codes:
                proposal = await propose_role(
                    connection, account, known.role, known.organisation, actor=actor, key=key, at=at
                )
            text = await _insert(connection, account, "link", actor, expires_at, at)
        return changed, proposal, text

    @uncancellable
    async def renew(self, account: str, *, actor: str, expires_at: int, at: int) -> str:
        """Make a new link for an account that has not accepted; the old one works no more.

        Raises `UnknownStaff`, `AlreadyExists` for an account that has accepted or was disabled.
        """
        async with self._store.write() as connection:
            known = await find_account(connection, account)
            if known["password_hash"] != NO_PASSWORD or known["disabled"]:
                raise AlreadyExists(kind="staff account", id=account)
            waiting = (_TABLE.c.account == account) & _TABLE.c.used_at.is_(None)
            await connection.execute(update(_TABLE).where(waiting).values(expires_at=at))
            return await _insert(connection, account, "link", actor, expires_at, at)

    async def find(self, text: str, *, at: int) -> Staff:
        """Return the account that a link invites. Raises `UnknownInvitation`."""
        async with self._store.read() as connection:
            row = await _find(connection, text, at)
            return read_account(await find_account(connection, row["account"]))

    async def accept(self, text: str, password: str, *, at: int) -> Staff:
        """Set the password of the invited account, once.

        Raises `UnknownInvitation`, `WeakPassword`.
        """
        known = await self.find(text, at=at)
        hashed = await self._staff.hash_password(password, known)
        return await self._finish(text, hashed, at)

    @uncancellable
    async def _finish(self, text: str, hashed: str, at: int) -> Staff:
        async with self._store.write() as connection:
            row = await _find(connection, text, at)  # again: another may have been quicker
            account = str(row["account"])
            used = update(_TABLE).where(_TABLE.c.id == row["id"]).values(used_at=at)
            await connection.execute(used)
            return await change_account(
                connection, account, "staff.accept", account, at, {"password_hash": hashed}
            )

    async def get_open(self, account: str) -> Invitation | None:
        """Return the newest invitation that an account has not accepted; None if there is none."""
        query = (
            select(_TABLE)
            .where(_TABLE.c.account == account, _TABLE.c.used_at.is_(None))
            .order_by(_TABLE.c.made_at.desc(), _TABLE.c.expires_at.desc())
            .limit(1)
        )
        async with self._store.read() as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
            known = await connection.scalar(
                select(schema.staff.c.password_hash).where(schema.staff.c.id == account)
            )
        if row is None or known != NO_PASSWORD:
            return None
        return Invitation(row["id"], row["account"], row["made_at"], row["expires_at"])


async def _insert(
    connection: AsyncConnection, account: str, verb: str, actor: str, expires_at: int, at: int
) -> str:
    name, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    await connection.execute(
        insert(_TABLE).values(
            id=name,
            account=account,
            sha256=hashlib.sha256(secret.encode()).hexdigest(),
            made_at=at,
            expires_at=expires_at,
        )
    )
    await record_step(connection, account, verb, actor, at)
    return f"inv_{name}_{secret}"


async def _find(connection: AsyncConnection, text: str, at: int) -> RowMapping:
    form = _FORM.fullmatch(text)
    if form is None:
        raise UnknownInvitation
    found = await connection.execute(select(_TABLE).where(_TABLE.c.id == form[1]))
    row = found.mappings().one_or_none()
    digest = hashlib.sha256(form[2].encode()).hexdigest()
    if row is None or not hmac.compare_digest(row["sha256"], digest):
        raise UnknownInvitation
    account = await find_account(connection, row["account"])
    is_open = row["used_at"] is None and at < row["expires_at"]
    if not is_open or read_account(account).is_barred or account["password_hash"] != NO_PASSWORD:
        raise UnknownInvitation
    return row
