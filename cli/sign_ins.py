"""Accounts that are signed in at this command line.

Each sign-in is a token in a file of its own, readable by its user alone, below the user's state
directory (`XDG_STATE_HOME`, else `~/.local/state`): `veritem/LEDGER/ACCOUNT`. The token proves the
account to the ledger at each command and lives for at most twelve hours.

A demo's two accounts need no sign-in, since their passwords are published. Both the ledger and the
key store must be a demo's: demo keys beside the ledger of a real installation open nothing.
"""

import hashlib
import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from cli.output import CommandRefused
from cli.settings import Settings
from issuer.keystore import KeyStore, NoKeyStore
from ledger import Ledger, Staff
from ledger.account_names import normalise_account_name
from ledger.ledger import now_ms
from ledger.staff_errors import UnknownStaff, UnknownToken
from ledger.storage.urls import get_sqlite_path
from services.accounts import accounts

_DIRECTORY_MODE: Final = 0o700
_UNFINISHED: Final = ".new"


class SignIns:
    """The sign-ins of this user at one ledger."""

    def __init__(self, ledger_url: str) -> None:
        state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
        self._folder: Final = Path(state) / "veritem" / _name_ledger(ledger_url)

    def list_accounts(self) -> list[str]:
        """The names of the accounts, those with an expired sign-in too."""
        with suppress(FileNotFoundError):
            files = (file for file in self._folder.iterdir() if file.suffix != _UNFINISHED)
            return sorted(file.name for file in files)
        return []

    def find_token(self, account: str) -> str | None:
        """Return the token of an account; None without one."""
        with suppress(FileNotFoundError):
            return self._find_file(account).read_text()
        return None

    def store_token(self, account: str, token: str) -> None:
        """Store the token of an account in the place of an earlier one."""
        self._folder.mkdir(mode=_DIRECTORY_MODE, parents=True, exist_ok=True)
        new = self._folder / f"{account}.{os.getpid()}{_UNFINISHED}"
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(token)
        new.replace(self._find_file(account))

    def remove(self, account: str) -> None:
        """Forget the token of an account."""
        self._find_file(account).unlink(missing_ok=True)

    def _find_file(self, account: str) -> Path:
        # What somebody types after --as must not lead out of the folder.
        is_plain = account.isascii() and not {"/", "\0"} & set(account) and account[:1] != "."
        return self._folder / (account if is_plain and account else "-")


async def find_account(settings: Settings, ledger: Ledger, chosen: str) -> Staff:
    """The signed-in account that acts: the chosen one, else the only one.

    Raises:
        CommandRefused: it is not signed in, or none is, or several are; says what to do.
    """
    sign_ins = SignIns(settings.ledger.url)
    if chosen:
        name = normalise_account_name(chosen)
        found = await _authenticate(sign_ins, ledger, name)
        found = found or await _find_demo_account(settings, ledger, name)
        if found is None:
            raise CommandRefused(why=await _explain(ledger, f"{name} is not signed in here", name))
        return found
    names = sign_ins.list_accounts()
    signed_in = [one for name in names if (one := await _authenticate(sign_ins, ledger, name))]
    if not signed_in:
        raise CommandRefused(why=await _explain(ledger, "nobody is signed in here", "ACCOUNT"))
    if len(signed_in) > 1:
        listed = ", ".join(one.id for one in signed_in)
        raise CommandRefused(why=f"several accounts are signed in ({listed}); add --as ACCOUNT")
    return signed_in[0]


async def _authenticate(sign_ins: SignIns, ledger: Ledger, name: str) -> Staff | None:
    token = sign_ins.find_token(name)
    if token is None:
        return None
    try:
        return await accounts.authenticate_command_line(ledger, token, at=now_ms())
    except UnknownToken:  # expired, revoked, or the account is disabled
        sign_ins.remove(name)
        return None


async def _find_demo_account(settings: Settings, ledger: Ledger, name: str) -> Staff | None:
    try:
        found = await ledger.staff.get(name)
    except UnknownStaff:
        return None
    if not found.is_demo or found.is_barred:
        return None
    try:
        return found if KeyStore(settings.keys.directory).demo else None
    except NoKeyStore:
        return None


async def _explain(ledger: Ledger, what: str, account: str) -> str:
    if not await ledger.staff.is_founded():
        return f"{what}, and there are no accounts that confirm others: `veritem init` founds two"
    return f"{what}: veritem sign-in {account}"


def _name_ledger(url: str) -> str:
    """Return a name for a ledger's folder that does not reveal its password."""
    path = get_sqlite_path(url)
    name = url.rpartition("@")[2] if path is None else str(path.resolve())
    return hashlib.sha256(name.encode()).hexdigest()[:16]
