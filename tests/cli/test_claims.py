"""`veritem claims` with `veritem resolver`, and `veritem serve` alone: a printed PIN is claimed."""

import json
import shutil
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from issuer import KeyStore
from tests.cli.conftest import KINDS, PARTIES, Veritem, register_packer
from tests.cli.test_life import lot_file
from tests.cli.test_serving import run_service
from tests.servers import free_port

SECRET = "a secret of twenty characters"


def post(port: str, code: str, pin: str) -> tuple[int, Any]:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/v1/claims",
        data=json.dumps({"code": code, "pin": pin}).encode(),
        headers={"Content-Type": "application/json", "Accept": "application/json"},
    )
    try:
        with urllib.request.urlopen(request) as answer:  # noqa: S310
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as refused:
        return refused.code, json.loads(refused.read())


def leave(kind: str, keys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave one secret key file and its passphrase of the issuer's, as a service has it."""
    for other in KINDS:
        shutil.copy(keys / f"{other}.json", f"var/keys/{other}.json")
        if other == kind:
            monkeypatch.setenv(
                f"VERITEM_KEYS_{kind.upper()}_PASSPHRASE", f"a passphrase for {kind}"
            )
        else:
            Path(f"var/keys/{other}.json").unlink()
            monkeypatch.setenv(f"VERITEM_KEYS_{other.upper()}_PASSPHRASE", "")


def test_a_printed_pin_is_claimed_by_each_process_with_its_own_keys_only(
    new_place: Veritem, monkeypatch: pytest.MonkeyPatch
) -> None:
    new_place("order", "request", "P1", "--count", "3", "--pin", *PARTIES, "--as", "lan")
    new_place("order", "approve", "P1", "--as", "minh")
    new_place("batch", "create", "P1", "--as", "minh")
    keys = KeyStore(Path("var/keys")).open_stamp_keys("a passphrase for masters")
    codes, pins = keys.ring.seal(1, 0, 3), keys.pins.derive_pins(1, 0, 3, epoch=0)
    stamps = [(code.decode(), pin.decode()) for code, pin in zip(codes, pins, strict=True)]
    new_place("stamps", "printed", "1")
    register_packer(new_place)
    assert new_place("lot", "put", lot_file()).status == 0
    assert new_place("stamps", "activate", "1·0-2", "--lot", "L1", "--as", "minh").status == 0

    port, claims = str(free_port()), f"http://127.0.0.1:{free_port()}"
    monkeypatch.setenv("VERITEM_RESOLVER_PORT", port)
    monkeypatch.setenv("VERITEM_RESOLVER_ADMIN_PORT", "0")
    with run_service("serve"):
        assert post(port, *stamps[0])[0] == 200

    monkeypatch.setenv("VERITEM_CLAIMS_ADDRESS", claims)
    monkeypatch.setenv("VERITEM_CLAIMS_ADMIN_PORT", "0")
    monkeypatch.setenv("VERITEM_RESOLVER_CLAIMS", claims)
    refused = new_place("resolver")
    assert (refused.status, "claims.secret is not set" in refused.err) == (1, True)
    monkeypatch.setenv("VERITEM_CLAIMS_SECRET", SECRET)
    issuer = Path(shutil.copytree("var/keys", "issuer"))
    leave("claims", issuer, monkeypatch)
    with run_service("claims"):
        leave("opening", issuer, monkeypatch)
        with run_service("resolver"):
            code, pin = stamps[1]
            assert post(port, code, f"{(int(pin) + 1) % 10**8:08d}")[0] == 403
            status, told = post(port, code, pin)
            assert (status, told["claimed"]) == (200, True)
            assert post(port, *stamps[0])[0] == 409
