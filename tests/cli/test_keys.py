"""A key store of the earlier form: services name the command, and the command upgrades it."""

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import Veritem

VECTORS = Path(__file__).parents[1] / "vectors" / "key_store_v1"


def test_an_old_store_is_refused_by_name_and_upgraded_by_one_command(
    veritem: Veritem, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(VECTORS, "var/keys")
    told = json.loads((VECTORS / "stamps.json").read_bytes())
    for kind in ("opening", "signing"):
        passphrase = told[f"{kind}_passphrase"]
        monkeypatch.setenv(f"VERITEM_KEYS_{kind.upper()}_PASSPHRASE", passphrase)
    for command in (("resolver",), ("keys", "list"), ("keys", "rotate")):
        refused = veritem(*command)
        assert refused.status == 1
        said = refused.err.strip().splitlines()[-1]  # a resolver also warns of secrets
        assert "opening.json has the form of an earlier version" in said
        assert "`veritem keys upgrade`" in said
    short = veritem("keys", "upgrade")
    assert (short.status, "the passphrase of masters.json" in short.err) == (1, True)
    monkeypatch.setenv("VERITEM_KEYS_MASTERS_PASSPHRASE", "seals from now on")
    monkeypatch.setenv("VERITEM_KEYS_CLAIMS_PASSPHRASE", "checks from now on")
    upgraded = veritem("keys", "upgrade", "--json").json
    assert [epoch["seals"] for epoch in upgraded["epochs"]] == [False, False, True]
    assert veritem("keys", "upgrade", "--json").json == upgraded
    assert veritem("keys", "list", "--json").json == upgraded
