"""A place to work in, and the `veritem` command as its users type it."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest
import structlog

from cli.main import main

OPENING, SIGNING = "a passphrase for opening", "a passphrase for signing"


@dataclass(frozen=True)
class Told:
    """What a command answered."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return orjson.loads(self.out)

    @property
    def refused(self) -> Any:
        return orjson.loads(self.err.strip().splitlines()[-1])


Veritem = Callable[..., Told]


@pytest.fixture
def veritem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Veritem]:
    """Run a command in a directory of its own; without passphrases unless `init` was asked for."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: str) -> Told:
        monkeypatch.setattr(sys, "argv", ["veritem", *arguments])
        capsys.readouterr()
        try:
            main()
            status = 0
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else int(end.code is not None)
        told = capsys.readouterr()
        return Told(status, told.out, told.err)

    yield run
    structlog.reset_defaults()  # commands quieten the rooms' logs


@pytest.fixture
def place(veritem: Veritem, monkeypatch: pytest.MonkeyPatch) -> Veritem:
    """A place with keys, a ledger, and an approved order O1 of 100 stamps."""
    monkeypatch.setenv("VERITEM_KEYS_OPENING_PASSPHRASE", OPENING)
    monkeypatch.setenv("VERITEM_KEYS_SIGNING_PASSPHRASE", SIGNING)
    assert veritem("init").status == 0
    assert veritem("order", "request", "O1", "--count", "100", "--actor", "lan").status == 0
    assert veritem("order", "approve", "O1", "--actor", "minh").status == 0
    return veritem
