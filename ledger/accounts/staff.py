"""Staff: accounts of the people who sign in at the desk.

The audit log has the digest of each account's row, so `Audit.verify` finds a role that was changed
in the database. What changes with every sign-in (the last one-time code, the session generation)
is in a second table, `staff_sign_in`. Wrong attempts are not stored, so a stranger can neither lock
an account nor write to the ledger; `services.sign_in` limits them.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.account_names import check_account_name
from ledger.accounts import passwords
from ledger.accounts import staff_tokens as tokens
from ledger.accounts.account_rows import (
    ACCOUNTS,
    DEMO_FOUNDER,
    DEMO_ROLE,
    FOUNDER,
    FOUNDER_ROLE,
    ROLES,
    NewAccount,
    Role,
    Staff,
    change_account,
    check_generation,
    find_account,
    has_founders,
    insert_account,
    propose_role,
    read_account,
    record_step,
    require_another_administrator,
    select_account,
    set_presence,
)
from ledger.accounts.devices import revoke_devices_of
from ledger.accounts.otp_secrets import OtpSecretLocked, OtpSecrets, find_outdated, reseal_accounts
from ledger.accounts.password_policy import check_password
from ledger.accounts.password_queue import STRANGER, PasswordQueue, QueueParty
from ledger.accounts.recovery_codes import is_recovery_code, use_recovery_code
from ledger.proposals.proposal import Proposal
from ledger.staff_errors import AlreadyFounded, WrongCredentials
from ledger.storage.store import Store, uncancellable


class StaffAccounts:
    """The accounts of one ledger."""

    def __init__(self, store: Store, clock: Callable[[], int], otp: OtpSecrets) -> None:
        self._store = store
        self._clock = clock
        self._otp = otp
        self._queue = PasswordQueue()

    def close(self) -> None:
        """End the threads that hash passwords."""
        self._queue.close()

    async def add(
        self,
        id_: str,
        *,
        name: str,
        role: Role,
        password: str,
        organisation: str | None = None,
        otp_secret: str | None = None,
        actor: str = "system",
        confirmed_by: str | None = None,
        at: int | None = None,
    ) -> Staff:
        """Add an account. With an `otp_secret` (base32) each sign-in needs a one-time code.

        It may do nothing until `grant_role` confirms it, unless `confirmed_by` says who did.
        Raises `AlreadyExists`, `WeakPassword`, `UnknownRow` for an unknown organisation,
        `OtpSecretLocked`, and ValueError for a malformed name or secret or an unknown role.
        """
        if role not in ROLES:
            raise ValueError(f"there is no role {role}; there are {', '.join(ROLES)}")
        at = self._clock() if at is None else at
        account = NewAccount(id_, name, password, otp_secret, role, organisation)
        row = await self._make_row(account, actor, confirmed_by, at)
        async with self._store.write() as connection:
            return await self._insert(connection, row, actor, at)

    async def add_and_propose(
        self, account: NewAccount, *, actor: str, key: str, at: int | None = None
    ) -> tuple[Staff, Proposal]:
        """Add an account and propose its role, for another person to confirm, at once.

        The same key again answers the same. Raises as `add` and `Proposals.add` do.
        """
        if account.role not in ROLES:
            raise ValueError(f"there is no role {account.role}; there are {', '.join(ROLES)}")
        at = self._clock() if at is None else at
        row = await self._make_row(account, actor, None, at)
        async with self._store.write() as connection:
            added = await self._insert(connection, row, actor, at)
            return added, await propose_role(
                connection, added.id, added.role, added.organisation, actor=actor, key=key, at=at
            )

    async def found(
        self, founders: Sequence[NewAccount], *, is_demo: bool, at: int | None = None
    ) -> "list[Staff]":
        """Add the first two accounts, which confirm all later ones; all of them or none.

        A demo's accounts may do everything, other founders are administrators. Raises
        `AlreadyFounded`, and as `add` does.
        """
        actor, role = (DEMO_FOUNDER, DEMO_ROLE) if is_demo else (FOUNDER, FOUNDER_ROLE)
        at = self._clock() if at is None else at
        rows = [
            await self._make_row(replace(founder, role=role), actor, actor, at)
            for founder in founders
        ]
        async with self._store.write() as connection:
            if await has_founders(connection):
                raise AlreadyFounded
            return [await self._insert(connection, row, actor, at) for row in rows]

    async def is_founded(self) -> bool:
        """Whether there are accounts that can add and confirm others."""
        async with self._store.read() as connection:
            return await has_founders(connection)

    async def _insert(
        self, connection: AsyncConnection, row: dict[str, Any], actor: str, at: int
    ) -> Staff:
        secret = row["otp_secret"]
        # Inside of the transaction: a change of keys comes before it or after it.
        sealed = None if secret is None else self._otp.seal(row["id"], secret)
        return await insert_account(connection, {**row, "otp_secret": sealed}, actor, at)

    async def _make_row(
        self, account: NewAccount, actor: str, confirmed_by: str | None, at: int
    ) -> dict[str, Any]:
        id_ = check_account_name(account.id)
        if account.otp_secret is not None:
            passwords.check_otp_secret(account.otp_secret)
        return {
            "id": id_,
            "name": account.name,
            "role": account.role,
            "organisation": account.organisation,
            "password_hash": await self._hash_new(account.password, (id_, account.name), actor),
            "otp_secret": account.otp_secret,
            "disabled": False,
            "added_at": at,
            "added_by": actor,
            "confirmed_by": confirmed_by,
        }

    async def get(self, id_: str) -> Staff:
        """Return the account of this name. Raises `UnknownStaff`."""
        async with self._store.read() as connection:
            return read_account(await find_account(connection, id_))

    async def list(self) -> "list[Staff]":
        """Return all accounts by name."""
        async with self._store.read() as connection:
            found = await connection.execute(ACCOUNTS.order_by(schema.staff.c.id))
            return [read_account(row) for row in found.mappings()]

    async def find_authorities(self, province: str, limit: int) -> Sequence[tuple[str, str]]:
        """Return account and name of the authorities of a province who can act, by name."""
        staff, organisations = schema.staff.c, schema.organisations.c
        query = (
            select(staff.id, staff.name)
            .join(schema.organisations, organisations.id == staff.organisation)
            .where(
                organisations.province == province,
                organisations.kind == "authority",
                organisations.disabled_at.is_(None),
                staff.role == "authority",
                ~staff.disabled,
                staff.confirmed_by.is_not(None),
            )
            .order_by(staff.name, staff.id)
            .limit(limit)
        )
        async with self._store.read() as connection:
            return [(row.id, row.name) for row in await connection.execute(query)]

    async def sign_in(
        self,
        id_: str,
        password: str,
        otp: str | None = None,
        *,
        party: QueueParty = STRANGER,
        at: int | None = None,
    ) -> Staff:
        """Return the account if name, password and (if it has one) one-time code are right.

        An unknown name takes the same steps and the same time as a wrong password. Raises
        `WrongCredentials`, `SignInBusy`, `OtpSecretLocked`.
        """
        known = await self._prove(id_, password, otp, party, at, audited="sign-in")
        if known is None:
            raise WrongCredentials
        return known

    async def confirm_identity(
        self, id_: str, password: str, otp: str | None = None, *, at: int | None = None
    ) -> Staff:
        """Check password and one-time code of somebody who is signed in.

        Raises `WrongCredentials`, `SignInBusy`, `OtpSecretLocked`.
        """
        party = QueueParty(is_known=True, key=id_)
        known = await self._prove(id_, password, otp, party, at, audited=None)
        if known is None:
            raise WrongCredentials
        return known

    async def is_otp_right(self, id_: str, otp: str, *, at: int | None = None) -> bool:
        """Whether this is an unused one-time code or recovery code of an account."""
        at = self._clock() if at is None else at
        async with self._store.read() as connection:
            known = (await connection.execute(select_account(id_))).mappings().one_or_none()
            if known is None or known["otp_secret"] is None:
                return False
            if await is_recovery_code(connection, id_, otp):
                return True
        try:
            return self._match_otp(known, otp, at) is not None
        except OtpSecretLocked:
            return False  # a stranger asks; who proves the password is told

    async def _prove(
        self,
        id_: str,
        password: str,
        otp: str | None,
        party: QueueParty,
        at: int | None,
        audited: str | None,
    ) -> Staff | None:
        """Return the account if all is right; the write uses up the one-time code."""
        at = self._clock() if at is None else at
        async with self._store.read() as connection:
            known = (await connection.execute(select_account(id_))).mappings().one_or_none()
        kept = None if known is None else known["password_hash"]
        if not await self._queue.run(party, passwords.verify_password, kept, password):
            return None
        async with self._store.write() as connection:
            known = await find_account(connection, id_)
            if read_account(known).is_barred or known["password_hash"] != kept:
                return None
            if known["otp_secret"] is not None and not await self._use_code(
                connection, known, otp or "", at
            ):
                return None
            if audited is not None:
                await record_step(connection, id_, audited, id_, at)
            return read_account(known)

    async def _use_code(
        self, connection: AsyncConnection, known: RowMapping, otp: str, at: int
    ) -> bool:
        """Use up a one-time code, or a recovery code, which the audit log names."""
        if await use_recovery_code(connection, known["id"], otp, at=at):
            await record_step(connection, known["id"], "recovery", known["id"], at)
            return True
        step = self._match_otp(known, otp, at)
        if step is None:
            return False
        await set_presence(connection, known["id"], otp_step=step)
        return True

    def _match_otp(self, known: RowMapping, otp: str, at: int) -> int | None:
        secret = self._otp.open(known["id"], known["otp_secret"])
        return passwords.match_otp_step(secret, otp, at, after=known["otp_step"])

    @uncancellable
    async def seal_otp_secrets(self, *, actor: str = "system", at: int | None = None) -> int:
        """Encrypt all secrets of one-time codes with the newest key; return how many changed.

        All or none, so a process that is killed leaves each under a key that opens it. Raises
        `OtpSecretLocked`.
        """
        at = self._clock() if at is None else at
        async with self._store.read() as connection:
            if not await find_outdated(connection, self._otp):
                return 0
        async with self._store.write() as connection:
            return await reseal_accounts(connection, self._otp, actor=actor, at=at)

    async def hash_password(self, password: str, account: Staff) -> str:
        """Check and hash the password that an account is given. Raises `WeakPassword`."""
        return await self._hash_new(password, (account.id, account.name), account.id)

    async def hash_new_password(self, password: str, words: Sequence[str], party: str) -> str:
        """Check and hash the password of an account that is made. Raises `WeakPassword`.

        The password may not consist of `words`; `party` waits in the queue as one.
        """
        return await self._hash_new(password, words, party)

    async def _hash_new(self, password: str, known_words: Sequence[str], actor: str) -> str:
        """Check a new password against the policy and hash it. Raises `WeakPassword`."""
        party = QueueParty(is_known=True, key=actor)
        await self._queue.run(party, check_password, password, known_words)
        return await self._queue.run(party, passwords.hash_password, password)

    async def end_sessions(
        self, id_: str, *, actor: str | None = None, at: int | None = None
    ) -> None:
        """End all sessions of an account. Raises `UnknownStaff`."""
        at = self._clock() if at is None else at
        async with self._store.write() as connection:
            known = await find_account(connection, id_)
            await set_presence(connection, id_, generation=known["generation"] + 1)
            await record_step(connection, id_, "sign-out", actor or id_, at)

    async def check_new_password(self, id_: str, password: str) -> None:
        """Raise `WeakPassword` unless the account may have this password, `UnknownStaff`."""
        known = await self.get(id_)
        party = QueueParty(is_known=True, key=id_)
        await self._queue.run(party, check_password, password, (id_, known.name))

    async def set_password(
        self,
        id_: str,
        password: str,
        *,
        actor: str,
        generation: int | None = None,
        at: int | None = None,
    ) -> Staff:
        """Set the password of an account; its sessions end and its tokens are revoked.

        `generation` is that of the account whose identity was confirmed: when it has changed
        since, so may have the password. Raises `UnknownStaff`, `WeakPassword`, `WrongCredentials`.
        """
        at = self._clock() if at is None else at
        known = await self.get(id_)
        kept = await self._hash_new(password, (id_, known.name), actor)
        async with self._store.write() as connection:
            await check_generation(connection, id_, generation)
            await tokens.revoke_all(connection, id_, actor=actor, at=at)
            return await change_account(
                connection, id_, "staff.password", actor, at, {"password_hash": kept}
            )

    async def disable(self, id_: str, *, actor: str, at: int | None = None) -> Staff:
        """Disable an account; its sessions end and its tokens are refused.

        One person does it, at once. Its devices are revoked for good: an account that is enabled
        again (`grant_role`) enrols them anew. Raises `UnknownStaff`,
        `LastAdministrator`.
        """
        at = self._clock() if at is None else at
        async with self._store.write() as connection:
            known = await find_account(connection, id_)
            if known["role"] in (FOUNDER_ROLE, DEMO_ROLE):
                await require_another_administrator(connection, id_)
            await revoke_devices_of(connection, id_, actor=actor, at=at)
            return await change_account(
                connection, id_, "staff.disable", actor, at, {"disabled": True, "disabled_at": at}
            )
