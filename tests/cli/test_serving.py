"""`veritem serve` and `veritem desk` in their own processes, over HTTP."""

import asyncio
import base64
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from cli.foreign_secrets import find_foreign_secrets
from cli.output import CommandRefused
from cli.secret_file import load_secret
from cli.settings import read_settings
from ledger import open_ledger
from ledger.accounts.otp_secrets import get_key_id
from tests.cli.conftest import Veritem
from tests.ledger.conftest import migrated_file
from tests.servers import free_port
from tests.service_manager import ManagedService

__all__ = ["migrated_file"]


@contextmanager
def run_service(*arguments: str, **environment: str) -> Iterator[str]:
    """Run a service and yield its log up to the line with its address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "cli", *arguments],
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), **environment},
        text=True,
    )
    assert process.stderr
    try:
        output = ""
        for line in process.stderr:
            output += line
            if "http://" in line:
                break
        assert "http://" in output, output
        yield output
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
        assert process.returncode == 0


def fetch(url: str, **headers: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:  # noqa: S310
            return answer.status, answer.read()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read()


def test_serve_answers_an_issued_stamp(new_place: Veritem) -> None:
    new_place("batch", "create", "O1", "--as", "minh")
    new_place("print", "1", "--format", "csv")
    (listed,) = Path("print-1").glob("*.csv")
    code = listed.read_text().splitlines()[1].split(",")[1]
    port = str(free_port())
    ports = {"VERITEM_RESOLVER_PORT": port, "VERITEM_RESOLVER_ADMIN_PORT": "0"}
    with run_service("serve", **ports):
        status, body = fetch(f"http://127.0.0.1:{port}/S/{code}", Accept="application/json")
        assert (status, json.loads(body)["verdict"]) == (200, "inactive")
        assert fetch(f"http://127.0.0.1:{port}/S/{'0' * 20}")[0] == 404
        assert fetch(f"http://127.0.0.1:{port}/health/ready")[0] == 200


def test_the_desk_command_serves_the_api(new_place: Veritem) -> None:
    port = str(free_port())
    before = Path("var/keys/desk.secret")  # where it was, beside what a resolver reads
    before.write_bytes(b"s" * 32)
    with closing(sqlite3.connect("var/veritem.db", isolation_level=None)) as ledger:
        ledger.execute(
            "INSERT INTO staff (id, name, role, password_hash, otp_secret, disabled, added_at)"
            " VALUES ('mai', 'Mai', 'packer', '', 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP', 0, 0)"
        )
        ledger.execute("INSERT INTO staff_sign_in VALUES ('mai', 0, 0)")
    with run_service("desk", VERITEM_DESK_PORT=port, VERITEM_DESK_ADMIN_PORT="0"):
        status, body = fetch(f"http://127.0.0.1:{port}/api/openapi.json")
        assert (status, json.loads(body)["openapi"][:2]) == (200, "3.")
        assert fetch(f"http://127.0.0.1:{port}/api/v1/orders")[0] == 401
    with closing(sqlite3.connect("var/veritem.db")) as ledger:
        ((secret,),) = ledger.execute("SELECT otp_secret FROM staff WHERE id = 'mai'")
    key = base64.urlsafe_b64decode(Path("var/desk/otp.keys").read_text())
    assert secret.startswith(f"v1:{get_key_id(key)}:")
    assert not before.exists()
    moved = Path("var/desk/desk.secret")
    assert moved.read_bytes() == b"s" * 32
    assert (moved.parent.stat().st_mode | moved.stat().st_mode) & 0o077 == 0


@pytest.mark.parametrize(
    ("service", "foreign"),
    [("resolver", {"MASTERS", "SIGNING", "CLAIMS"}), ("claims", {"MASTERS", "SIGNING", "OPENING"})],
)
def test_a_service_says_which_secrets_of_others_it_holds(
    place: Veritem, monkeypatch: pytest.MonkeyPatch, service: str, foreign: set[str]
) -> None:
    monkeypatch.setenv("VERITEM_DESK_SECRETS_KEY", "x")
    monkeypatch.setenv("VERITEM_CLAIMS_SECRET", "y")
    moved = Path("var/desk/desk.secret")
    head_key = Path("var/heads/heads.json")
    for file in (moved, head_key):
        file.parent.mkdir()
        file.write_bytes(b"s" * 32)
    assert set(find_foreign_secrets(read_settings(), service)) == {
        "VERITEM_DESK_SECRETS_KEY",
        str(moved),
        str(head_key),
        *(f"VERITEM_KEYS_{kind}_PASSPHRASE" for kind in foreign),
    }


def test_heads_serve_pushes_each_change_until_it_is_stopped(
    veritem: Veritem, migrated_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(migrated_file, tmp_path / "ledger.db")
    for name, value in {
        "LEDGER_URL": "sqlite:///ledger.db",
        "HEADS_PASSPHRASE": "a passphrase for heads",
        "HEADS_FOLDER": "pushed",
        "HEADS_INTERVAL_SECONDS": "0.1",
    }.items():
        monkeypatch.setenv(f"VERITEM_{name}", value)
    assert veritem("heads", "key", "create").status == 0
    port = free_port()
    monkeypatch.setenv("VERITEM_HEADS_ADMIN_PORT", str(port))
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    with ManagedService("-m", "cli", "heads", "serve") as service:
        service.signal(signal.SIGHUP)
        service.reload()  # the next signer takes over, though there is one at a time
        assert "SIGHUP changes nothing" in service.log.read_text()
        assert veritem("heads", "push", "--json").refusal["error"] == "signer-busy"
        asyncio.run(append_to_audit_log("sqlite:///ledger.db"))
        deadline = time.monotonic() + 60
        while not any("audit 1 " in path.read_text() for path in tmp_path.glob("pushed/*.jsonl")):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        metrics = fetch(f"http://127.0.0.1:{port}/metrics")[1].decode()
    assert 'veritem_chain_head_age_seconds{place="folder:pushed"}' in metrics
    assert veritem("heads", "status", "--json").json["places"][0]["waiting"] == 0


async def append_to_audit_log(url: str) -> None:
    async with await open_ledger(url) as ledger:
        await ledger.audit.append(actor="lan", action="look", subject="lots:L1")


def test_each_service_has_a_stable_private_secret(tmp_path: Path) -> None:
    secret = load_secret(tmp_path / "resolver.secret")
    assert load_secret(tmp_path / "resolver.secret") == secret
    assert load_secret(tmp_path / "desk.secret") != secret
    assert (tmp_path / "resolver.secret").stat().st_mode & 0o077 == 0
    (tmp_path / "desk.secret").write_bytes(b"short")
    with pytest.raises(CommandRefused, match="does not hold a secret of 32 bytes"):
        load_secret(tmp_path / "desk.secret")
