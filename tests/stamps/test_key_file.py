"""Key files: decryption, inspection, and refusal of altered files."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stamps.errors import UnknownCode, WrongPassphrase
from stamps.key_file import Epoch, KeyFile, MalformedKeyFile, OldKeyFile

PASSPHRASE = "a passphrase to open with"
OLD_STORE = Path(__file__).parents[1] / "vectors" / "key_store_v1"
SALT, NONCE = bytes(16), bytes(12)


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    epochs = (Epoch(0, 1_000, 2_000), Epoch(1, 2_000), Epoch(2, 3_000))
    file = KeyFile("opening", epochs, {1: b"1" * 32, 2: b"2" * 32}, demo=True)
    return dict(json.loads(json.dumps(file.encrypt(PASSPHRASE, salt=SALT, nonce=NONCE))))


def test_decryption_returns_what_was_encrypted(document: dict[str, Any]) -> None:
    file = KeyFile.decrypt(document, "opening", PASSPHRASE)
    assert file.secrets == {1: b"1" * 32, 2: b"2" * 32}
    assert file.demo
    assert file.warning is not None
    assert "DEMO KEYS" in file.warning
    assert file.active_epochs == (1, 2)
    assert [epoch.retired_at for epoch in file.epochs] == [2_000, None, None]


def test_the_ring_seals_with_the_newest_epoch_and_opens_active_ones(
    document: dict[str, Any],
) -> None:
    ring = KeyFile.decrypt(document, "opening", PASSPHRASE).build_ring()
    assert ring.epochs == (1, 2)
    assert ring.newest == 2
    with pytest.raises(UnknownCode):
        ring.open("0" * 20)


def test_inspection_needs_no_passphrase_and_has_no_secret(document: dict[str, Any]) -> None:
    file = KeyFile.inspect(document, "opening")
    assert len(file.epochs) == 3
    assert file.secrets == {}
    assert "1111" not in repr(KeyFile.decrypt(document, "opening", PASSPHRASE))


def test_another_passphrase_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(WrongPassphrase, match=r"opening\.json"):
        KeyFile.decrypt(document, "opening", PASSPHRASE + " ")


@pytest.mark.parametrize(
    ("change", "value"),
    [
        (("demo",), False),  # striking the mark of a demo key
        (("epochs", 0, "retired_at"), None),  # bringing a retired epoch back
        (("epochs", 1, "retired_at"), 5_000),
        (("epochs", 2, "created_at"), 1),
        (("secrets", "nonce"), "AAAAAAAAAAAAAAAB"),
        (("secrets", "sealed"), "AAAA"),
        (("secrets",), {}),
        (("secrets",), []),
        (("secrets",), None),
    ],
)
def test_an_altered_file_is_refused(
    document: dict[str, Any], change: tuple[str | int, ...], value: object
) -> None:
    altered: Any = copy.deepcopy(document)
    at = altered
    for step in change[:-1]:
        at = at[step]
    at[change[-1]] = value
    with pytest.raises((WrongPassphrase, MalformedKeyFile)):
        KeyFile.decrypt(altered, "opening", PASSPHRASE)


@pytest.mark.parametrize(
    "broken",
    [
        None,
        [],
        {},
        {"format": "veritem keys v3"},
        {"format": "veritem keys v2", "kind": "signing"},
        {"format": "veritem keys v2", "kind": "opening"},
        {"format": "veritem keys v2", "kind": "opening", "demo": False, "epochs": 7},
        {"format": "veritem keys v2", "kind": "opening", "demo": "no", "epochs": []},
        {"format": "veritem keys v2", "kind": "opening", "demo": False, "epochs": [{"epoch": 1}]},
        {
            "format": "veritem keys v2",
            "kind": "opening",
            "demo": False,
            "epochs": [{"epoch": 1, "created_at": 0}],
        },
        {
            "format": "veritem keys v2",
            "kind": "opening",
            "demo": False,
            "epochs": [{"epoch": 0, "created_at": "today"}],
        },
        {
            "format": "veritem keys v2",
            "kind": "opening",
            "demo": False,
            "epochs": [{"epoch": n, "created_at": 0} for n in range(33)],
        },
    ],
)
def test_other_files_are_refused(broken: object) -> None:
    with pytest.raises(MalformedKeyFile):
        KeyFile.inspect(broken, "opening")


def test_a_file_of_the_earlier_form_is_refused_with_the_command_that_upgrades_it() -> None:
    old = json.loads((OLD_STORE / "opening.json").read_bytes())
    with pytest.raises(OldKeyFile, match=r"opening\.json .*`veritem keys upgrade`"):
        KeyFile.inspect(old, "opening")
    with pytest.raises(OldKeyFile, match=r"opening\.json .*`veritem keys upgrade`"):
        KeyFile.decrypt(old, "opening", "any passphrase")


@settings(max_examples=5, deadline=None)
@given(
    st.lists(st.tuples(st.booleans(), st.binary(min_size=32, max_size=32)), max_size=32),
    st.text(max_size=40).filter(lambda text: text.isprintable()),
    st.booleans(),
)
def test_any_key_file_decrypts_unchanged(
    rows: list[tuple[bool, bytes]], passphrase: str, demo: bool
) -> None:
    epochs = tuple(Epoch(n, n, n if retired else None) for n, (retired, _) in enumerate(rows))
    secrets = {n: secret for n, (retired, secret) in enumerate(rows) if not retired}
    file = KeyFile("signing", epochs, secrets, demo)
    again = json.loads(json.dumps(file.encrypt(passphrase, salt=SALT, nonce=NONCE)))
    assert KeyFile.decrypt(again, "signing", passphrase) == file
