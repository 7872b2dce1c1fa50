"""Staff: accounts of the people who sign in at the desk, and tokens of their machines.

The audit log has the digest of each account's row, so `Audit.verify` finds a role that was changed
in the database. What changes with every sign-in (the last one-time code, the session generation)
is in a second table, `staff_sign_in`. Wrong attempts are not stored, so a stranger can neither lock
an account nor write to the ledger; `services.sign_in_budgets` limits them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

from sqlalchemy import RowMapping, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import passwords, schema
from ledger import staff_tokens as tokens
from ledger.account_names import check_account_name
from ledger.chained_rows import record_audit, record_row_change
from ledger.devices import revoke_devices_of
from ledger.errors import (
    AlreadyExists,
    SecondPersonRequired,
    UnknownRow,
    UnknownStaff,
    UnknownToken,
    WrongCredentials,
)
from ledger.otp_secrets import OtpSecretLocked, OtpSecrets, find_outdated, reseal_accounts
from ledger.password_policy import check_password
from ledger.password_queue import STRANGER, PasswordQueue, QueueParty
from ledger.proposals import Proposal
from ledger.staff_tokens import Token, TokenKind
from ledger.store import Store, uncancellable
from ledger.two_people import is_confirmed

Role = Literal["print_house", "packer", "inspector", "authority", "issuer", "administrator"]
ROLES: Final[tuple[Role, ...]] = get_args(Role)
FOUNDER: Final = "init"
"""Who added and confirmed the first two accounts."""
DEMO_FOUNDER: Final = "init --demo"
"""The same for the accounts of a demo, whose passwords are published."""


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
        id_ = check_account_name(id_)
        if role not in ROLES:
            raise ValueError(f"there is no role {role}; there are {', '.join(ROLES)}")
        if otp_secret is not None:
            passwords.check_otp_secret(otp_secret)
        at = self._clock() if at is None else at
        row = {
            "id": id_,
            "name": name,
            "role": role,
            "organisation": organisation,
            "password_hash": await self._hash_new(password, (id_, name), actor),
            "otp_secret": None,
            "disabled": False,
            "added_at": at,
            "added_by": actor,
            "confirmed_by": confirmed_by,
        }
        staff, organisations = schema.staff, schema.organisations
        async with self._store.write() as connection:
            if await connection.scalar(select(staff.c.id).where(staff.c.id == id_)):
                raise AlreadyExists(kind="staff account", id=id_)
            known = select(organisations.c.id).where(organisations.c.id == organisation)
            if organisation is not None and await connection.scalar(known) is None:
                raise UnknownRow(kind="organisation", id=organisation)
            if otp_secret is not None:
                # Inside of the transaction: a change of keys comes before it or after it.
                row["otp_secret"] = self._otp.seal(id_, otp_secret)
            await connection.execute(insert(staff).values(row))
            await connection.execute(
                insert(schema.staff_sign_in).values(staff=id_, otp_step=0, generation=0)
            )
            await record_row_change(connection, staff, id_, at=at, actor=actor, action="staff.add")
            return _staff(await _find(connection, id_))

    async def get(self, id_: str) -> Staff:
        """Return the account of this name. Raises `UnknownStaff`."""
        async with self._store.read() as connection:
            return _staff(await _find(connection, id_))

    async def list(self) -> "list[Staff]":
        """Return all accounts by name."""
        async with self._store.read() as connection:
            found = await connection.execute(_ACCOUNTS.order_by(schema.staff.c.id))
            return [_staff(row) for row in found.mappings()]

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
        """Whether an account has one-time codes and this is one that was not used yet."""
        at = self._clock() if at is None else at
        async with self._store.read() as connection:
            known = (await connection.execute(_select_account(id_))).mappings().one_or_none()
        if known is None or known["otp_secret"] is None:
            return False
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
            known = (await connection.execute(_select_account(id_))).mappings().one_or_none()
        kept = None if known is None else known["password_hash"]
        if not await self._queue.run(party, passwords.verify_password, kept, password):
            return None
        async with self._store.write() as connection:
            known = await _find(connection, id_)
            if known["disabled"] or known["password_hash"] != kept:
                return None
            if known["otp_secret"] is not None:
                step = self._match_otp(known, otp or "", at)
                if step is None:
                    return None
                await _set(connection, id_, otp_step=step)
            if audited is not None:
                await _record(connection, id_, audited, id_, at)
            return _staff(known)

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

    async def _hash_new(self, password: str, known_words: Sequence[str], actor: str) -> str:
        """Check a new password against the policy and hash it. Raises `WeakPassword`."""
        party = QueueParty(is_known=True, key=actor)
        await self._queue.run(party, check_password, password, known_words)
        return await self._queue.run(party, passwords.hash_password, password)

    async def end_sessions(self, id_: str, *, at: int | None = None) -> None:
        """End all sessions of an account. Raises `UnknownStaff`."""
        at = self._clock() if at is None else at
        async with self._store.write() as connection:
            known = await _find(connection, id_)
            await _set(connection, id_, generation=known["generation"] + 1)
            await _record(connection, id_, "sign-out", id_, at)

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
            await _check_generation(connection, id_, generation)
            await tokens.revoke_all(connection, id_, actor=actor, at=at)
            return await _change(
                connection, id_, "staff.password", actor, at, {"password_hash": kept}
            )

    async def disable(
        self, id_: str, *, actor: str, disabled: bool = True, at: int | None = None
    ) -> Staff:
        """Disable (or enable) an account; its sessions end and its tokens are refused.

        Its devices are revoked for good: an account that is enabled again enrols them anew.
        """
        action = "staff.disable" if disabled else "staff.enable"
        at = self._clock() if at is None else at
        async with self._store.write() as connection:
            if disabled:
                await revoke_devices_of(connection, id_, actor=actor, at=at)
            return await _change(connection, id_, action, actor, at, {"disabled": disabled})

    async def create_token(
        self,
        id_: str,
        *,
        label: str,
        actor: str,
        expires_at: int,
        generation: int | None = None,
        kind: TokenKind | None = None,
        at: int | None = None,
    ) -> tuple[Token, str]:
        """Create a token; return it with its text, which is not stored.

        `generation` as in `set_password`: a token outlives no password that was changed meanwhile.
        Raises `UnknownStaff`, `WrongCredentials`.
        """
        at = self._clock() if at is None else at
        async with self._store.write() as connection:
            await _check_generation(connection, id_, generation)
            return await tokens.insert_token(
                connection, id_, label=label, actor=actor, expires_at=expires_at, at=at, kind=kind
            )

    async def get_by_token(
        self, text: str, at: int | None = None, *, kind: TokenKind | None = None
    ) -> Staff:
        """Return the account of a token of this kind. Raises `UnknownToken`, whatever is wrong."""
        at = self._clock() if at is None else at
        name, secret = tokens.parse_token(text)
        async with self._store.read() as connection:
            owner = await tokens.find_owner(connection, name, secret, at, kind)
            known = _staff(await _find(connection, owner))
        if known.disabled:
            raise UnknownToken
        return known

    async def list_tokens(self, id_: str) -> Sequence[Token]:
        """Return the tokens of an account, the newest first, revoked ones too."""
        async with self._store.read() as connection:
            return await tokens.list_tokens(connection, id_)

    async def revoke_token(
        self, token: str, *, staff: str, actor: str, at: int | None = None
    ) -> None:
        """Revoke a token of an account. Raises `UnknownToken`; again changes nothing."""
        at = self._clock() if at is None else at
        async with self._store.write() as connection:
            await tokens.revoke_token(connection, token, staff=staff, actor=actor, at=at)


async def grant_role(connection: AsyncConnection, proposal: Proposal) -> Staff:
    """The act of a proposal to give an account a role, which confirms the account too.

    The account itself may not decide on its role. Its sessions end. Raises `UnknownStaff`,
    `SecondPersonRequired`.
    """
    id_, actor = str(proposal.document["account"]), proposal.decided_by or ""
    if id_ == actor:
        raise SecondPersonRequired(proposal=proposal.id, actor=id_)
    row = {
        "role": proposal.document["role"],
        "organisation": proposal.document["organisation"],
        "confirmed_by": actor,
    }
    return await _change(connection, id_, "staff.role", actor, proposal.decided_at or 0, row)


_ACCOUNTS: Final = select(schema.staff, *schema.staff_sign_in.columns[1:]).join(
    schema.staff_sign_in, schema.staff_sign_in.c.staff == schema.staff.c.id
)


def _select_account(id_: str) -> Any:
    return _ACCOUNTS.where(schema.staff.c.id == id_)


async def _find(connection: AsyncConnection, id_: str) -> RowMapping:
    found = (await connection.execute(_select_account(id_))).mappings().one_or_none()
    if found is None:
        raise UnknownStaff(staff=id_)
    return found


async def _check_generation(connection: AsyncConnection, id_: str, generation: int | None) -> None:
    known = await _find(connection, id_)
    if generation is not None and known["generation"] != generation:
        raise WrongCredentials


async def _set(connection: AsyncConnection, id_: str, **row: Any) -> None:
    presence = schema.staff_sign_in
    await connection.execute(update(presence).where(presence.c.staff == id_).values(row))


async def _record(connection: AsyncConnection, id_: str, verb: str, actor: str, at: int) -> None:
    """Append an audit entry about an account whose row does not change."""
    await record_audit(
        connection, at=at, actor=actor, action=f"staff.{verb}", subject=f"staff:{id_}", details={}
    )


async def _change(
    connection: AsyncConnection, id_: str, action: str, actor: str, at: int, row: dict[str, Any]
) -> Staff:
    """Change an account's row and end its sessions."""
    staff, known = schema.staff, await _find(connection, id_)
    await connection.execute(update(staff).where(staff.c.id == id_).values(row))
    await _set(connection, id_, generation=known["generation"] + 1)
    await record_row_change(connection, staff, id_, at=at, actor=actor, action=action)
    return _staff(await _find(connection, id_))


def _staff(row: RowMapping) -> Staff:
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
    )
