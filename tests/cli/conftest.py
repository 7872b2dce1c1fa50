"""Fixtures that run the `veritem` command in an empty directory."""

import asyncio
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest
import structlog
from argon2 import PasswordHasher

from cli.founders import DEMO_FOUNDERS
from cli.main import main
from cli.sign_ins import SignIns
from ledger import open_ledger
from ledger.accounts import passwords

KINDS = ("masters", "signing", "opening", "claims")
PARTIES = ("--product", "sau-rieng-ri6", "--packer", "krong-pac")
"""What an order names, as `register_parties` registers it."""


@dataclass(frozen=True)
class Result:
    """Exit status and output of a command."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return orjson.loads(self.out)

    @property
    def refusal(self) -> Any:
        return orjson.loads(self.err.strip().splitlines()[-1])


Veritem = Callable[..., Result]


@pytest.fixture
def veritem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Veritem]:
    """Run commands in an empty directory, without passphrases in the environment."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(passwords, "HASHER", PasswordHasher(1, 64, 1))

    def run(*arguments: str) -> Result:
        monkeypatch.setattr(sys, "argv", ["veritem", *arguments])
        capsys.readouterr()
        try:
            main()
            status = 0
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else int(end.code is not None)
        printed = capsys.readouterr()
        return Result(status, printed.out, printed.err)

    yield run
    structlog.reset_defaults()  # commands configure logging


def furnish(veritem: Veritem) -> None:
    """Make keys, a ledger, the accounts of Lan and Minh, and an approved order O1 of 100 stamps."""
    assert veritem("init").status == 0
    TOKENS.touch(0o600)
    TOKENS.write_bytes(orjson.dumps(asyncio.run(found_accounts())))
    sign_in_both()
    register_parties(veritem)
    request = ("order", "request", "O1", "--count", "100", *PARTIES, "--as", "lan")
    for command in (request, ("order", "approve", "O1", "--as", "minh")):
        made = veritem(*command)
        assert made.status == 0, made.err


def register_parties(veritem: Veritem) -> None:
    """Register the product and the packer that orders name."""
    packer = ("krong-pac", "--kind", "packer", "--name", "HTX Krông Pắc")
    product = ("sau-rieng-ri6", "--vi", "Sầu riêng Ri6", "--gtin", "8935000000014")
    for kind, names in (("organisation", packer), ("product", product)):
        made = veritem("registry", kind, *names, "--as", "minh")
        assert made.status == 0, made.err


@pytest.fixture
def passphrases(monkeypatch: pytest.MonkeyPatch) -> None:
    """The passphrases of all keys in the environment, and Minh as the usual account."""
    monkeypatch.setenv("VERITEM_AS", "minh")
    for kind in KINDS:
        monkeypatch.setenv(f"VERITEM_KEYS_{kind.upper()}_PASSPHRASE", f"a passphrase for {kind}")


@pytest.fixture
def new_place(passphrases: None, veritem: Veritem) -> Veritem:
    """Run commands where this test made what `furnish` makes; other processes can open the keys."""
    furnish(veritem)
    return veritem


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the first `place` of this process made, for the others to copy: keys cost time."""
    return tmp_path_factory.mktemp("furnished") / "place"


def register_packer(place: Veritem) -> None:
    """Register the packing house that lots name; `register_parties` registered its owner."""
    house = ("kp", "--kind", "packing_house", "--name", "HTX", "--code", "VN-ĐLPH-0012")
    owner = ("--organisation", "krong-pac", "--as", "minh")
    assert place("registry", "place", *house, *owner).status == 0


@pytest.fixture
def place(
    quick_passphrases: None, passphrases: None, veritem: Veritem, tmp_path: Path, furnished: Path
) -> Veritem:
    """Run commands of this process where a copy of what `furnish` makes is."""
    if furnished.exists():
        shutil.copytree(furnished, tmp_path, dirs_exist_ok=True)
        sign_in_both()
    else:
        furnish(veritem)
        shutil.copytree(tmp_path, furnished)
    return veritem


TOKENS = Path("tokens.json")
LEDGER = "sqlite:///var/veritem.db"


async def found_accounts() -> dict[str, str]:
    """Found Lan and Minh, who may do everything, and sign a command line in to both."""
    async with await open_ledger(LEDGER) as ledger:
        await ledger.staff.found(DEMO_FOUNDERS, is_demo=True)
        return {
            founder.id: (
                await ledger.tokens.create(
                    founder.id,
                    label="test",
                    actor=founder.id,
                    expires_at=4_000_000_000_000,
                    kind="command-line",
                )
            )[1]
            for founder in DEMO_FOUNDERS
        }


def sign_in_both() -> None:
    """Store both tokens as this user's; the folder's name follows from the ledger's path."""
    for account, token in orjson.loads(TOKENS.read_bytes()).items():
        SignIns(LEDGER).store_token(account, token)


def recall(place: Veritem, *what: str) -> Result:
    """Recall as two people: Lan proposes and Minh approves."""
    proposed = place("stamps", "recall", *what, "--as", "lan", "--json")
    assert proposed.status == 0, proposed.err
    return place("proposals", "approve", str(proposed.json["id"]), "--as", "minh", "--json")
