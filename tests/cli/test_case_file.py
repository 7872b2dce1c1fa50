"""`veritem verify` of a case file, offline, by public keys alone."""

import json
from pathlib import Path

from issuer import Signer
from issuer.case_file import sign_case
from tests.cli.conftest import Veritem

SIGNER = Signer({0: b"i" * 32})
CONTENT = {
    "id": 7, "state": "confirmed", "cause": "copied", "scans": [],
    "exported_at": "2026-11-27T00:00:00Z", "exported_by": "thanh",
}  # fmt: skip


def test_a_case_file_is_verified_offline_and_an_edited_one_is_not(
    veritem: Veritem, tmp_path: Path
) -> None:
    (tmp_path / "keys.json").write_text(json.dumps(SIGNER.public_keys().to_jwks()))
    signed = sign_case(CONTENT, SIGNER, 0)
    (tmp_path / "case.json").write_bytes(signed)
    good = veritem("verify", "case.json", "--offline", "--keys", "keys.json", "--json")
    assert (good.status, good.json["case"], good.json["cause"]) == (0, 7, "copied")
    (tmp_path / "case.json").write_bytes(signed.replace(b"copied", b"stolen"))
    edited = veritem("verify", "case.json", "--offline", "--keys", "keys.json", "--json")
    assert edited.status != 0
    assert edited.refusal["error"] == "bad-signature"
