"""Second factors: one-time codes and recovery codes of the accounts of one ledger."""

from collections.abc import Callable, Sequence

from ledger.accounts import passwords
from ledger.accounts import staff_tokens as tokens
from ledger.accounts.account_rows import (
    Staff,
    change_account,
    check_generation,
    find_account,
    propose_role,
    read_account,
    record_step,
    require_third_person,
    set_presence,
)
from ledger.accounts.otp_secrets import OtpSecrets
from ledger.accounts.recovery_codes import count_recovery_codes, replace_recovery_codes
from ledger.proposals.proposal import Proposal
from ledger.storage.store import Store, uncancellable


class SecondFactors:
    """The second factors of the accounts of one ledger; `ledger.accounts.staff` asks for them."""

    def __init__(self, store: Store, clock: Callable[[], int], otp: OtpSecrets) -> None:
        self._store = store
        self._clock = clock
        self._otp = otp

    @uncancellable
    async def set_otp_secret(
        self,
        id_: str,
        secret: str,
        step: int,
        codes: Sequence[str],
        *,
        actor: str,
        generation: int | None = None,
        at: int | None = None,
    ) -> Staff:
        """Ask for one-time codes of this secret (base32) from now on; the account's sessions end.

        `step` is that of the code that proved the secret, which is used up. The recovery `codes`
        replace those of before. `generation` as in `set_password`. Raises `UnknownStaff`,
        `WrongCredentials`, `OtpSecretLocked`, and ValueError for a malformed secret.
        """
        at = self._clock() if at is None else at
        passwords.check_otp_secret(secret)
        async with self._store.write() as connection:
            await check_generation(connection, id_, generation)
            await replace_recovery_codes(connection, id_, codes, at=at)
            await set_presence(connection, id_, otp_step=step)
            row = {"otp_secret": self._otp.seal(id_, secret)}
            return await change_account(connection, id_, "staff.otp", actor, at, row)

    @uncancellable
    async def set_recovery_codes(
        self,
        id_: str,
        codes: Sequence[str],
        *,
        actor: str,
        generation: int | None = None,
        at: int | None = None,
    ) -> None:
        """Replace the recovery codes of an account. Raises `UnknownStaff`, `WrongCredentials`."""
        at = self._clock() if at is None else at
        async with self._store.write() as connection:
            await check_generation(connection, id_, generation)
            await replace_recovery_codes(connection, id_, codes, at=at)
            await record_step(connection, id_, "recovery-codes", actor, at)

    async def count_recovery_codes(self, id_: str) -> int:
        """Return how many unused recovery codes an account has."""
        async with self._store.read() as connection:
            return await count_recovery_codes(connection, id_)

    @uncancellable
    async def reset_otp(
        self, id_: str, *, actor: str, key: str, at: int | None = None
    ) -> tuple[Staff, Proposal]:
        """Take the one-time codes and recovery codes off somebody else's account.

        Its sessions end, its tokens are revoked, and it may do nothing until a third person
        confirms it: who resets both password and codes could else decide as that account. Raises
        `UnknownStaff`, `NobodyElse`.
        """
        at = self._clock() if at is None else at
        row = {"otp_secret": None, "added_by": actor, "confirmed_by": None}
        async with self._store.write() as connection:
            known = read_account(await find_account(connection, id_))
            await require_third_person(connection, id_, actor)
            await replace_recovery_codes(connection, id_, (), at=at)
            await tokens.revoke_all(connection, id_, actor=actor, at=at)
            changed = await change_account(connection, id_, "staff.otp-reset", actor, at, row)
            return changed, await propose_role(
                connection, id_, known.role, known.organisation, actor=actor, key=key, at=at
            )
