"""Manifests are signed and identify the code list of their batch."""

import hashlib
import io
import json
import subprocess
import tracemalloc
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issuer import (
    CodesMismatch,
    MalformedManifest,
    Manifest,
    hash_codes,
    iterate_code_list,
    verify_codes,
)
from issuer.manifest import CHUNK
from stamps.errors import BadSignature, UnknownCode
from tests.issuer.world import GTIN, HOST, ring, signer

VECTORS = Path(__file__).parents[1] / "vectors" / "issuer-v1.json"
COUNT = 1_000


def manifest(count: int = COUNT) -> Manifest:
    digest = hash_codes(ring(), 7, count, 0)
    return Manifest(7, "o-1", count, "sealed", 0, HOST, GTIN, digest, "2026-07-01T01:30:00Z")


def lines(count: int = COUNT) -> list[bytes]:
    return b"".join(iterate_code_list(ring(), 7, count, 0)).splitlines(keepends=True)


def test_golden_manifests_verify() -> None:
    vectors = json.loads(VECTORS.read_text())
    for row in vectors["manifests"]:
        fields = row["fields"]
        digest = hash_codes(ring(), fields["batch"], fields["count"], fields["epoch"])
        made = Manifest(**fields, codes_sha256=digest)
        assert digest == row["codes_sha256"]
        assert made.sign(signer()) == row["signed"].encode()
        assert Manifest.parse(row["signed"].encode(), signer().public_keys()) == made


@given(st.integers(1, 3 * 1000))
def test_the_hash_is_of_the_canonical_codes_each_with_a_line_feed(count: int) -> None:
    plain = "".join(code.decode() + "\n" for code in ring().seal(7, 0, count))
    assert hash_codes(ring(), 7, count, 0) == hashlib.sha256(plain.encode()).hexdigest()


def test_the_code_list_is_made_in_pieces() -> None:
    count = CHUNK + 3
    seen: list[tuple[int, int]] = []
    pieces = list(iterate_code_list(ring(), 7, count, 0, lambda done, of: seen.append((done, of))))
    assert [len(piece) for piece in pieces] == [CHUNK * 21, 3 * 21]
    assert seen == [(CHUNK, count), (count, count)]
    assert b"".join(pieces).split() == ring().seal(7, 0, count).tolist()


def test_memory_does_not_grow_with_the_batch() -> None:
    hash_codes(ring(), 7, CHUNK, 0)
    tracemalloc.start()
    try:
        hash_codes(ring(), 7, 20 * CHUNK, 0)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 * CHUNK * 21


def test_a_signed_manifest_is_parsed_back() -> None:
    made = manifest()
    kept = made.sign(signer())
    assert Manifest.parse(kept, signer().public_keys()) == made
    document = json.loads(kept)
    assert document["manifest"]["first"] == 0
    assert document["manifest"]["last"] == COUNT - 1
    assert document["signature"]["kid"] == "epoch-0"


def test_whitespace_and_key_order_do_not_matter() -> None:
    kept = json.loads(manifest().sign(signer()))
    pretty = json.dumps(kept, indent=4, sort_keys=False).encode()
    assert Manifest.parse(pretty, signer().public_keys()) == manifest()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("count", 2),
        ("last", 5),
        ("first", 1),
        ("batch", 8),
        ("grade", "signed"),
        ("grade", "gold"),
        ("epoch", 1),
        ("epoch", 32),
        ("host", "EVIL.EXAMPLE"),
        ("gtin", None),
        ("codes_sha256", "0" * 64),
        ("issued_at", "2027-07-01T01:30:00Z"),
        ("order", "o-2"),
        ("format", "veritem batch manifest v2"),
        ("count", "1000"),
        ("count", True),
        ("batch", -1),
        ("codes_sha256", None),
        ("extra", 1),
    ],
)
def test_an_altered_manifest_is_refused(name: str, value: object) -> None:
    kept = json.loads(manifest().sign(signer()))
    kept["manifest"][name] = value
    with pytest.raises((MalformedManifest, BadSignature)):
        Manifest.parse(json.dumps(kept).encode(), signer().public_keys())


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b"{}", b'{"manifest": {}, "signature": {}}', b"\xff", b"null"]
)
def test_other_documents_are_refused(data: bytes) -> None:
    with pytest.raises(MalformedManifest):
        Manifest.parse(data, signer().public_keys())


def test_the_batchs_own_list_is_accepted_with_the_keys_and_without() -> None:
    data = b"".join(lines())
    verify_codes(manifest(), io.BytesIO(data))
    verify_codes(manifest(), io.BytesIO(data), ring())


@given(st.data())
def test_a_wrong_code_list_is_refused_with_its_line(data: Any) -> None:
    wrong = lines(50)
    at = data.draw(st.integers(0, 49))
    match data.draw(
        st.sampled_from(["lost", "twice", "swapped", "foreign", "cr", "lower", "bare"])
    ):
        case "lost":
            del wrong[at]
        case "twice":
            wrong.insert(at, wrong[at])
        case "swapped":
            wrong[at - 1], wrong[at] = wrong[at], wrong[at - 1]
        case "foreign":
            wrong[at] = ring().seal(8, at, at + 1)[0] + b"\n"
        case "cr":
            wrong[at] = wrong[at].replace(b"\n", b"\r\n")
        case "lower":
            wrong[at] = b"z" + wrong[at][1:]
        case "bare":
            wrong[-1] = wrong[-1].rstrip()
    with pytest.raises(CodesMismatch):
        verify_codes(manifest(50), wrong)
    with pytest.raises(CodesMismatch) as refusal:
        verify_codes(manifest(50), wrong, ring())
    named = refusal.value.line
    if named is not None:
        assert wrong[named - 1] != lines(50)[named - 1]


def test_a_list_cut_short_or_empty_is_refused_with_its_length() -> None:
    with pytest.raises(CodesMismatch, match="has only 999"):
        verify_codes(manifest(), lines()[:-1], ring())
    with pytest.raises(CodesMismatch, match="has only 0"):
        verify_codes(manifest(), [])


def test_verification_stops_at_the_first_extra_line() -> None:
    def endless() -> Any:
        yield from lines()
        while True:
            yield b"0" * 20 + b"\n"

    with pytest.raises(CodesMismatch, match="has more"):
        verify_codes(manifest(), endless(), ring())


def test_after_retirement_the_hash_still_verifies_a_list() -> None:
    with pytest.raises(UnknownCode):
        hash_codes(ring(1), 7, COUNT, 0)
    with pytest.raises(UnknownCode):
        verify_codes(manifest(), lines(), ring(1))
    verify_codes(manifest(), lines())


def test_another_batch_of_the_same_length_is_not_this_one() -> None:
    other = replace(manifest(), batch=8)
    with pytest.raises(CodesMismatch, match="line 1 "):
        verify_codes(other, lines(), ring())


def test_the_docs_show_a_manifest_as_it_is() -> None:
    docs = (Path(__file__).parents[2] / "docs" / "issuing.md").read_text()
    shown = json.loads(docs.partition("```json")[2].partition("```")[0])
    made = json.loads(manifest().sign(signer()))
    assert shown.keys() == made.keys()
    assert shown["manifest"].keys() == made["manifest"].keys()
    assert shown["signature"].keys() == made["signature"].keys()


def test_sha256sum_checks_a_list(tmp_path: Path) -> None:
    (tmp_path / "codes.txt").write_bytes(b"".join(lines()))
    said = subprocess.run(
        ["sha256sum", "codes.txt"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert said.stdout.split()[0] == manifest().codes_sha256
