"""The folder of a sandbox: everything that it is made of, so that removing it leaves nothing.

    FOLDER           a sandbox that is complete; `sandbox.json` marks it
    FOLDER.unfinished   one that is being made; it gets its name when it is complete

A process that dies while it makes one leaves `FOLDER.unfinished`, which the next start removes.
A folder without the mark, a ledger with other keys than a demo's, and a ledger whose founders are
no demo's are never touched.
"""

import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from cli.output import CommandRefused
from issuer.keystore import KeyStore
from ledger import open_ledger
from ledger.accounts.account_rows import DEMO_ROLE

MARK: Final = "sandbox.json"
ACCESS: Final = "access.json"
_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Ports:
    """Ports of a sandbox on the loopback address; stamps and webhooks name them."""

    resolver: int
    desk: int
    portal: int
    portal_page: int


@dataclass(frozen=True, slots=True)
class SandboxFolder:
    """A folder with a sandbox, or without one yet."""

    path: Path

    @property
    def unfinished(self) -> "SandboxFolder":
        """The folder in which it is made."""
        return SandboxFolder(self.path.with_name(f"{self.path.name}.unfinished"))

    @property
    def ledger_url(self) -> str:
        """Address of the ledger."""
        return f"sqlite:///{self.path / 'veritem.db'}"

    @property
    def is_there(self) -> bool:
        """Whether it holds a complete sandbox."""
        return (self.path / MARK).is_file()

    def read_ports(self) -> Ports:
        """The ports of a complete sandbox. Raises `CommandRefused` for one of another version."""
        document = self._read(MARK)
        if document.get("version") != _VERSION:
            why = f"{self.path} is a sandbox of another version; --reset makes a new one"
            raise CommandRefused(why=why)
        return Ports(**document["ports"])

    def read_access(self) -> dict[str, Any]:
        """Addresses, passwords and tokens."""
        return self._read(ACCESS)

    def complete(self, ports: Ports, access: dict[str, Any], final: "SandboxFolder") -> None:
        """Write the mark and give the folder its final name."""
        (self.path / ACCESS).write_bytes(orjson.dumps(access, option=orjson.OPT_INDENT_2))
        mark = {"version": _VERSION, "ports": asdict(ports)}
        (self.path / MARK).write_bytes(orjson.dumps(mark))
        self.path.rename(final.path)

    def remove(self) -> None:
        """Remove it with all that it holds."""
        shutil.rmtree(self.path, ignore_errors=True)

    def _read(self, name: str) -> dict[str, Any]:
        try:
            document: dict[str, Any] = orjson.loads((self.path / name).read_bytes())
        except (OSError, ValueError) as error:
            why = f"{self.path / name} cannot be read ({error}); --reset makes a new sandbox"
            raise CommandRefused(why=why) from error
        return document


async def prepare_folder(folder: SandboxFolder, *, reset: bool) -> bool:
    """Make room for a sandbox; answers whether a complete one is there and stays.

    Raises `CommandRefused` for a folder that holds anything else.
    """
    if folder.path.exists() and not folder.is_there and any(folder.path.iterdir()):
        why = f"{folder.path} is not a sandbox; name another folder with --folder"
        raise CommandRefused(why=why)
    if folder.is_there:
        await _require_sandbox(folder)
        if not reset:
            return True
        folder.remove()
    elif folder.path.exists():
        folder.path.rmdir()
    folder.unfinished.remove()
    folder.unfinished.path.mkdir(parents=True)
    return False


async def _require_sandbox(folder: SandboxFolder) -> None:
    """Raise `CommandRefused` unless keys and founders are a demo's."""
    path = folder.path / "veritem.db"
    store = KeyStore(folder.path / "keys")
    if not path.exists() or not store.exists() or not store.demo:
        raise CommandRefused(why=f"{folder.path} has other keys or no ledger: not a sandbox")
    async with await open_ledger(folder.ledger_url) as ledger:
        roles = {one.role for one in await ledger.staff.list()}
    if DEMO_ROLE not in roles:
        raise CommandRefused(why=f"the ledger in {folder.path} is not a sandbox's")
