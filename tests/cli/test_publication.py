"""`veritem verify` of a publication, offline, by public keys alone."""

import json
from pathlib import Path

from issuer import Signer
from issuer.publication import sign_publication
from ledger.chains.hash_chain import digest_json
from ledger.lots.lot_submission import STATEMENT_FORMAT
from tests.cli.conftest import Veritem
from traceability.diary.entries import read_entry
from traceability.diary.entry_events import read_entry_event
from traceability.diary.lot_results import LotResult, LotResults

SIGNER = Signer({0: b"i" * 32})
TEST = read_entry(
    "test",
    {
        "at": "2026-09-14",
        "lot": "L1",
        "report": "R1",
        "substance": "Cadmi (Cd)",
        "value": 0.08,
        "limit": 0.05,
        "value_unit": "mg_kg",
        "method": "AOAC 2015.01",
        "accreditation": "VILAS 123",
    },
)


def test_a_publication_with_a_result_is_verified_offline_and_an_edited_one_is_not(
    veritem: Veritem, tmp_path: Path
) -> None:
    event = read_entry_event(TEST, "lab").id
    results = LotResults((LotResult(event, "lab", "Trung tâm 3", TEST),))
    record = {"lot": "L1", "version": 1, **results.to_document()}
    statement = {
        "format": STATEMENT_FORMAT,
        "lot": "L1",
        "version": 1,
        "sha256": digest_json(record),
        "author": {"name": "HTX Krông Pắc"},
        "reviewers": [{"name": None}],
        "events": [{"event": event, "kind": "test", "organisation": "lab"}],
    }
    signature = sign_publication(statement, SIGNER, 0)
    published = {"record": record, "statement": statement, "signature": signature}
    (tmp_path / "keys.json").write_text(json.dumps(SIGNER.public_keys().to_jwks()))
    verify = ("verify", "lot.json", "--offline", "--keys", "keys.json")
    for document in (published, {"code": "A", "lot": {"code": "L1", "publication": published}}):
        (tmp_path / "lot.json").write_text(json.dumps(document))
        assert veritem(*verify, "--json").json["statement"] == statement
    shown = veritem(*verify).out
    assert "Trung tâm 3" in shown
    assert "above their limits" in shown
    edited = json.dumps(published).replace("0.08", "0.02")
    (tmp_path / "lot.json").write_text(edited)
    refused = veritem(*verify, "--json")
    assert (refused.status, refused.refusal["error"]) == (1, "wrong-publication")
