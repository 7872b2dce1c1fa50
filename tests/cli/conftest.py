"""Fixtures that run the `veritem` command in an empty directory."""

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


@pytest.fixture
def place(veritem: Veritem, monkeypatch: pytest.MonkeyPatch) -> Veritem:
    """Run commands where keys, a ledger and an approved order O1 of 100 stamps exist."""
    monkeypatch.setenv("VERITEM_KEYS_OPENING_PASSPHRASE", OPENING)
    monkeypatch.setenv("VERITEM_KEYS_SIGNING_PASSPHRASE", SIGNING)
    assert veritem("init").status == 0
    assert veritem("order", "request", "O1", "--count", "100", "--actor", "lan").status == 0
    assert veritem("order", "approve", "O1", "--actor", "minh").status == 0
    return veritem
