"""A key store of the earlier form is rewritten, at any moment of a crash, and its stamps stay good.

`tests/vectors/key_store_v1` was written by the last version with that form: three epochs, the
first retired.
"""

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from issuer import DEMO_PASSPHRASES, KeyStore, Passphrases, WeakPassphrase
from issuer.key_upgrade import upgrade_store
from issuer.keystore import write_key_file
from stamps.errors import UnknownCode, WrongPassphrase
from stamps.key_file import OLD_FORMAT, KeyFile, KeyKind, OldKeyFile
from tests.issuer.test_keystore import dies_at_write, in_a_child

VECTORS = Path(__file__).parents[1] / "vectors" / "key_store_v1"
STAMPS = json.loads((VECTORS / "stamps.json").read_bytes())
WORDS = Passphrases(
    masters="seals from now on",
    signing=STAMPS["signing_passphrase"],
    opening=STAMPS["opening_passphrase"],
    claims="checks from now on",
)


@pytest.fixture(scope="module")
def decrypted() -> dict[KeyKind, KeyFile]:
    """The secret files of the earlier store, decrypted once at their real cost."""
    kinds: tuple[KeyKind, ...] = ("opening", "signing")
    return {
        kind: KeyFile.decrypt(
            json.loads((VECTORS / f"{kind}.json").read_bytes()), kind, WORDS.get(kind), OLD_FORMAT
        )
        for kind in kinds
    }


@pytest.fixture
def old(tmp_path: Path, decrypted: dict[KeyKind, KeyFile]) -> Path:
    """A copy of the earlier store, at the low cost of these tests."""
    directory = tmp_path / "keys"
    directory.mkdir()
    shutil.copy(VECTORS / "public.json", directory)
    for kind, file in decrypted.items():
        write_key_file(directory, file, WORDS.get(kind))
    return directory


def check_stamps(directory: Path) -> None:
    """Check that every stamp of the earlier store has the code, PIN and signature of its print."""
    store = KeyStore(directory)
    keys, public = store.open_stamp_keys(WORDS.masters), store.load_public_keys()
    document = json.loads((directory / "opening.json").read_bytes())
    ring = KeyFile.decrypt(document, "opening", WORDS.opening).build_ring()
    document = json.loads((directory / "claims.json").read_bytes())
    pins = KeyFile.decrypt(document, "claims", WORDS.claims).build_pin_ring()
    retired, *printed = STAMPS["stamps"]
    for stamp in printed:
        found = ring.open(stamp["code"])
        assert (found.epoch, found.batch, found.index) == (stamp["epoch"], stamp["batch"], 7)
        assert keys.ring.open(stamp["code"]) == found
        assert pins.derive_pin(found) == keys.pins.derive_pin(found) == stamp["pin"]
        public.verify(stamp["code"], stamp["signature"])
    with pytest.raises(UnknownCode):
        ring.open(retired["code"])


def test_an_upgraded_store_keeps_its_stamps_and_goes_on(old: Path) -> None:
    before = json.loads((old / "opening.json").read_bytes())["epochs"]
    with pytest.raises(OldKeyFile):
        KeyStore(old).rotate(WORDS)
    assert upgrade_store(old, WORDS)
    check_stamps(old)
    assert json.loads((old / "opening.json").read_bytes())["epochs"] == before
    assert not upgrade_store(old, WORDS)
    assert KeyStore(old).rotate(WORDS) == 3
    check_stamps(old)


def test_the_upgraded_opening_file_has_no_master(old: Path) -> None:
    masters = KeyFile.decrypt(
        json.loads((old / "opening.json").read_bytes()), "opening", WORDS.opening, "veritem keys v1"
    ).secrets
    upgrade_store(old, WORDS)
    left = KeyFile.decrypt(
        json.loads((old / "opening.json").read_bytes()), "opening", WORDS.opening
    )
    assert set(left.secrets) == set(masters) == {1, 2}
    assert not set(left.secrets.values()) & set(masters.values())


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_a_killed_upgrade_is_repeated_and_loses_nothing(old: Path, number: int) -> None:
    kill = dies_at_write(number, before=True)
    assert os.WIFSIGNALED(in_a_child(lambda: upgrade_store(old, WORDS), kill))
    with pytest.raises(OldKeyFile):
        KeyStore(old).open_stamp_keys(WORDS.masters)
    # Another passphrase than before the crash: all files are written anew.
    words = replace(WORDS, claims="checks after the crash")
    assert upgrade_store(old, words)
    assert KeyStore(old).rotate(words) == 3
    assert upgrade_store(old, words) is False


@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        (replace(WORDS, masters=""), WeakPassphrase),
        (replace(WORDS, masters=WORDS.opening), WeakPassphrase),
        (replace(WORDS, claims=""), WeakPassphrase),
        (replace(WORDS, opening="not the right one"), WrongPassphrase),
        (replace(WORDS, signing="not the right one"), WrongPassphrase),
        (DEMO_PASSPHRASES, WrongPassphrase),
    ],
)
def test_a_refused_upgrade_changes_nothing(
    old: Path, words: Passphrases, refusal: type[Exception]
) -> None:
    before = {path.name: path.read_bytes() for path in old.glob("*.json")}
    with pytest.raises(refusal):
        upgrade_store(old, words)
    assert {path.name: path.read_bytes() for path in old.glob("*.json")} == before
