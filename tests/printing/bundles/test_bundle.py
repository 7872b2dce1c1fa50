"""Bundles: determinism, resuming, encryption, manifests, and verification."""

import dataclasses
import itertools
import json
import shutil
import subprocess
import sys

import orjson
import pyrage
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from printing import (
    SEALED_DESIGN,
    Bundle,
    BundleProgress,
    RollLayout,
    check_files,
    decode_pdf,
    verify_manifest,
    write_bundle,
)
from printing.bundles.writer import JOURNAL
from printing.errors import (
    AnotherBundle,
    BundleBusy,
    BundleRefused,
    ManifestRefused,
    PartsDiffer,
    PayloadTooLong,
    PinsNeedEncryption,
    RecipientRefused,
)
from printing.labels.design import Box, TextLine
from stamps import detached_signature
from stamps.signature import PublicKeys
from tests.printing.support import pins, seal, uris

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
JWKS = PublicKeys({3: KEY.public_key().public_bytes_raw()}).to_jwks()
PIN_LABEL = dataclasses.replace(
    SEALED_DESIGN,
    texts=(TextLine("{pin}", 21, 22, 7),),
    boxes=(),
    pin_panel=Box(20.5, 18, 20, 5, (0, 0, 0, 15)),
)


def sign_manifest(content: bytes) -> dict[str, str]:
    return detached_signature.format_detached(3, KEY.sign(detached_signature.PREFIX + content))


def write(bundle, directory, **more):
    return write_bundle(bundle, directory, sign_manifest=sign_manifest, **more)


def files(directory) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


@pytest.mark.parametrize("form", ["csv", "jsonl", "pdf", "svg", "png", "eps"])
def test_bundles_are_deterministic_in_every_format(make_run, tmp_path, form) -> None:
    run = make_run(hi=130)
    for name in ("a", "b"):
        write(Bundle(run, form, SEALED_DESIGN, part_size=50), tmp_path / name)
    first, second = files(tmp_path / "a"), files(tmp_path / "b")
    assert first == second
    assert len(first) == 3 + 2  # parts, ticket, manifest
    check_files(first["manifest.json"], tmp_path / "a")
    verify_manifest(first["manifest.json"], JWKS)


def test_parts_cover_the_run_once(make_run) -> None:
    parts = Bundle(make_run(lo=7, hi=107), "csv", SEALED_DESIGN, part_size=33).parts
    assert [(p.lo, p.hi) for p in parts] == [(7, 40), (40, 73), (73, 106), (106, 107)]
    assert parts[0].name == "batch-17-00000007-00000039.csv"


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(start=st.integers(0, 70_000), form=st.sampled_from(["csv", "pdf", "svg"]))
def test_a_download_resumes_at_any_byte(make_run, start, form) -> None:
    bundle = Bundle(make_run(), form, SEALED_DESIGN)
    part = bundle.parts[0]
    assert b"".join(bundle.stream(part, start)) == b"".join(bundle.stream(part))[start:]


def test_a_single_part_can_be_written_again(make_run) -> None:
    bundle = Bundle(make_run(hi=300), "pdf", SEALED_DESIGN, RollLayout(2), part_size=100)
    alone = Bundle(make_run(lo=100, hi=200), "pdf", SEALED_DESIGN, RollLayout(2), part_size=100)
    assert b"".join(bundle.stream(bundle.parts[1])) == b"".join(alone.stream(alone.parts[0]))


class Stop(Exception):  # the operator's hand, not an error
    pass


@pytest.mark.parametrize("recipients", [0, 1], ids=["plain", "encrypted"])
@pytest.mark.parametrize("after", [1, 2, 3])
def test_an_interrupted_bundle_resumes(make_run, tmp_path, after, recipients):
    keys = [str(pyrage.x25519.Identity.generate().to_public())] * recipients
    sealed: list[int] = []

    def counting(lo, hi):
        if hi - lo > 1:
            if len(sealed) == after and not resumed:
                raise Stop
            sealed.append(lo)
        return seal(lo, hi)

    resumed: list[bool] = []
    run = make_run(hi=200, seal=counting)
    bundle = Bundle(run, "csv", SEALED_DESIGN, part_size=50)
    with pytest.raises(Stop):
        write(bundle, tmp_path, recipients=keys)
    assert len([f for f in files(tmp_path) if f.startswith("batch")]) == after
    assert not [f for f in files(tmp_path) if f.endswith(".part")]
    assert not (tmp_path / "manifest.json").exists()
    resumed.append(True)
    path = write(bundle, tmp_path, recipients=keys)
    assert sealed == [0, 50, 100, 150]  # each part was made once
    check_files(path.read_bytes(), tmp_path)
    assert not (tmp_path / JOURNAL).exists()


SLOW_WRITER = """
import sys, time
from pathlib import Path
from printing import SEALED_DESIGN, Bundle, PrintRun, write_bundle
from tests.printing.support import seal

def slowly(lo, hi):
    print(lo, flush=True)
    time.sleep(0.3 if hi - lo > 1 else 0)
    return seal(lo, hi)

run = PrintRun(17, 0, 200, "VERITEM.VN", "sealed", None, slowly)
bundle = Bundle(run, "csv", SEALED_DESIGN, part_size=50)
write_bundle(bundle, Path(sys.argv[1]), sign_manifest=lambda content: {})
"""


def test_a_killed_writer_leaves_no_incomplete_file(make_run, tmp_path) -> None:
    writer = subprocess.Popen(
        [sys.executable, "-c", SLOW_WRITER, tmp_path / "b"], stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None
    for line in writer.stdout:
        if line.strip() == "100":  # two parts are done, the third has begun
            break
    writer.kill()
    writer.wait()
    bundle = Bundle(make_run(hi=200), "csv", SEALED_DESIGN, part_size=50)
    assert not (tmp_path / "b" / "manifest.json").exists()
    write(bundle, tmp_path / "b")
    write(bundle, tmp_path / "whole")
    assert files(tmp_path / "b") == files(tmp_path / "whole")


def test_a_damaged_part_is_written_again(make_run, tmp_path) -> None:
    bundle = Bundle(make_run(hi=100), "csv", SEALED_DESIGN, part_size=50)
    whole = tmp_path / "whole"
    write(bundle, whole)

    def stop(progress: BundleProgress) -> None:
        if progress.done > 50:
            raise Stop

    with pytest.raises(Stop):
        write(bundle, tmp_path / "b", progress=stop)
    first = tmp_path / "b" / bundle.parts[0].name
    first.write_bytes(first.read_bytes()[:-1] + b"?")
    with (tmp_path / "b" / JOURNAL).open("ab") as journal:
        journal.write(b'{"name": "torn')  # the power went while this line was written
    write(bundle, tmp_path / "b")
    assert files(tmp_path / "b") == files(whole)


def test_a_directory_of_another_bundle_is_refused(make_run, tmp_path) -> None:
    bundle = Bundle(make_run(hi=100), "csv", SEALED_DESIGN, part_size=50)

    def stop(progress: BundleProgress) -> None:
        raise Stop

    with pytest.raises(Stop):
        write(bundle, tmp_path, progress=stop)
    for other in (
        Bundle(make_run(hi=99), "csv", SEALED_DESIGN, part_size=50),
        Bundle(make_run(hi=100), "jsonl", SEALED_DESIGN, part_size=50),
        Bundle(
            make_run(seal=lambda lo, hi: seal(lo + 1, hi + 1)), "csv", SEALED_DESIGN, part_size=50
        ),
    ):
        with pytest.raises(AnotherBundle):
            write(other, tmp_path)
    write(bundle, tmp_path)
    with pytest.raises(AnotherBundle):
        write(bundle, tmp_path)


def test_a_second_writer_is_refused(make_run, tmp_path) -> None:
    bundle = Bundle(make_run(hi=10), "csv", SEALED_DESIGN)

    def second(_: BundleProgress) -> None:
        with pytest.raises(BundleBusy):
            write(bundle, tmp_path)

    write(bundle, tmp_path, progress=second)


def test_progress_reaches_all_stamps(make_run, tmp_path) -> None:
    seen: list[BundleProgress] = []
    write(
        Bundle(make_run(hi=120), "csv", SEALED_DESIGN, part_size=50), tmp_path, progress=seen.append
    )
    done = [p.done for p in seen]
    assert done == sorted(done)
    assert seen[-1] == BundleProgress(120, 120, "batch-17-00000100-00000119.csv")


def test_encrypted_parts_decrypt_with_the_print_houses_key_only(make_run, tmp_path) -> None:
    house, stranger = pyrage.x25519.Identity.generate(), pyrage.x25519.Identity.generate()
    bundle = Bundle(make_run(pins=pins), "csv", SEALED_DESIGN)
    path = write(bundle, tmp_path, recipients=[str(house.to_public())])
    part = bundle.parts[0]
    sealed_file = (tmp_path / f"{part.name}.age").read_bytes()
    assert not (tmp_path / part.name).exists()
    with pytest.raises(pyrage.DecryptError):
        pyrage.decrypt(sealed_file, [stranger])
    content = pyrage.decrypt(sealed_file, [house])
    assert content == b"".join(bundle.stream(part))
    assert b",pin\r\n" in content
    check_files(path.read_bytes(), tmp_path)
    (tmp_path / part.name).write_bytes(content)
    (tmp_path / f"{part.name}.age").unlink()
    check_files(path.read_bytes(), tmp_path)


@pytest.mark.parametrize(
    ("form", "design"), [("csv", SEALED_DESIGN), ("jsonl", SEALED_DESIGN), ("pdf", PIN_LABEL)]
)
def test_pins_are_never_written_unencrypted(make_run, tmp_path, form, design) -> None:
    bundle = Bundle(make_run(pins=pins), form, design)
    with pytest.raises(PinsNeedEncryption):
        write(bundle, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_label_without_a_pin_panel_has_no_pin(make_run, tmp_path) -> None:
    write(Bundle(make_run(hi=30, pins=pins), "pdf", SEALED_DESIGN), tmp_path)
    content = next(tmp_path.glob("*.pdf")).read_bytes()
    assert not any(pin in content for pin in pins(seal(0, 30)).tolist())


def test_a_label_with_a_pin_panel_has_the_pin(make_run, tmp_path) -> None:
    house = pyrage.x25519.Identity.generate()
    bundle = Bundle(make_run(hi=3, pins=pins), "pdf", PIN_LABEL)
    write(bundle, tmp_path, recipients=[str(house.to_public())])
    content = pyrage.decrypt(next(tmp_path.glob("*.age")).read_bytes(), [house])
    assert all(b"(" + pin + b")Tj" in content for pin in pins(seal(0, 3)).tolist())
    (tmp_path / "label.pdf").write_bytes(content)
    assert decode_pdf(tmp_path / "label.pdf") == uris(make_run(), 0, 3)


@pytest.mark.parametrize("key", ["", "age1foo", "ssh-ed25519 AAAA"])
def test_an_invalid_age_key_is_refused_before_writing(make_run, tmp_path, key) -> None:
    with pytest.raises(RecipientRefused):
        write(Bundle(make_run(), "csv", SEALED_DESIGN), tmp_path / "out", recipients=[key])
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("changes", "refusal", "why"),
    [
        ({"form": "docx"}, BundleRefused, "no format 'docx'; there are csv"),
        ({"part_size": 0}, BundleRefused, "at least one stamp, not 0"),
        ({"form": "pdf", "design": PIN_LABEL}, BundleRefused, "prints PINs but the batch has none"),
    ],
)
def test_an_impossible_bundle_is_refused_before_writing(make_run, changes, refusal, why) -> None:
    values = {"form": "csv", "design": SEALED_DESIGN, **changes}
    with pytest.raises(refusal, match=why):
        Bundle(make_run(), **values)


def test_a_code_list_with_uris_too_long_for_a_symbol_is_refused(make_run) -> None:
    with pytest.raises(PayloadTooLong):
        Bundle(make_run(host="X" * 5000), "csv", SEALED_DESIGN)


@pytest.fixture
def delivered(make_run, tmp_path):
    write(Bundle(make_run(), "csv", SEALED_DESIGN, part_size=40), tmp_path)
    return tmp_path


def test_the_manifest_lists_every_file(delivered) -> None:
    document = json.loads((delivered / "manifest.json").read_bytes())
    assert (document["batch"], document["first"], document["last"]) == (17, 0, 99)
    assert [part["size"] for part in document["parts"]] == [
        (delivered / part["file"]).stat().st_size for part in document["parts"]
    ]
    assert document["encrypted_for"] == []
    ticket = json.loads((delivered / "ticket.json").read_bytes())
    assert ticket["symbol"]["side_mm"] == 14.79
    assert ticket["roll"] == "17·0-99"
    assert [part["stamps"] for part in ticket["parts"]] == [40, 40, 20]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda d: {**d, "count": 99}, "not made by the issuer's key"),
        (
            lambda d: {**d, "signature": {**d["signature"], "kid": "epoch-4"}},
            "no public key of epoch 4",
        ),
        (lambda d: {**d, "signature": {**d["signature"], "alg": "none"}}, "its alg is 'none'"),
        (lambda d: {**d, "signature": {**d["signature"], "signature": "!"}}, "signature"),
        (lambda d: {**d, "signature": None}, "there is none"),
        (lambda d: {**d, "veritem": "other"}, "it is not a print-manifest/1"),
    ],
)
def test_a_changed_manifest_is_refused(delivered, change, why) -> None:
    document = change(json.loads((delivered / "manifest.json").read_bytes()))
    with pytest.raises(ManifestRefused, match=why):
        verify_manifest(orjson.dumps(document, option=orjson.OPT_SORT_KEYS), JWKS)


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff"])
def test_an_invalid_manifest_is_refused(content) -> None:
    with pytest.raises(ManifestRefused):
        verify_manifest(content, JWKS)


def test_a_manifest_with_duplicate_names_is_refused(delivered) -> None:
    content = (delivered / "manifest.json").read_bytes()
    twice = content.replace(b'"count":100', b'"count":7,"count":100')
    with pytest.raises(ManifestRefused, match="canonical"):
        verify_manifest(twice, JWKS)


def test_all_missing_and_changed_files_are_listed(delivered) -> None:
    manifest = (delivered / "manifest.json").read_bytes()
    first, second, third = sorted(delivered.glob("batch*"))
    first.unlink()
    second.write_bytes(second.read_bytes().replace(b"17", b"71", 1))
    shutil.copy(third, delivered / "extra")
    third.write_bytes(third.read_bytes()[:-1])
    with pytest.raises(PartsDiffer) as refusal:
        check_files(manifest, delivered)
    reasons = refusal.value.parts
    assert reasons[first.name] == "is missing"
    assert reasons[second.name] == "was changed"
    assert "bytes, not" in reasons[third.name]


def test_every_index_is_in_the_files_once(delivered) -> None:
    rows = itertools.chain.from_iterable(
        path.read_text().splitlines()[1:] for path in sorted(delivered.glob("batch*"))
    )
    assert [int(row.partition(",")[0]) for row in rows] == list(range(100))
