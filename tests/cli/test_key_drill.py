"""The commands after a theft (docs/security.md) are run: codes, one-time codes, chain heads.

Rotation is also killed between the key store and the ledger: the command repeated completes it.
"""

import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.opening_keys import load_opening_keys
from cli.settings import read_settings
from issuer.keystore import KeyStore
from services.proposals import proposals
from stamps.errors import UnknownCode
from stamps.key_ring import KeyRing
from tests.cli.conftest import PARTIES, Veritem


def decide(place: Veritem, *command: str) -> tuple[str, ...]:
    """Propose what `command` does as Lan and approve it as Minh; the command, to run again."""
    proposed = place("keys", *command, "--as", "lan", "--json")
    assert place("proposals", "approve", str(proposed.json["id"]), "--as", "minh").status == 0
    return ("keys", *command, "--as", "lan", "--json")


def load_resolver_ring() -> KeyRing:
    """Take the present `opening.json` to the resolver, and load it as `veritem resolver` does."""
    shutil.copytree("var/keys", "resolver", dirs_exist_ok=True)
    for kind in ("masters", "signing", "claims"):
        Path(f"resolver/{kind}.json").unlink()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VERITEM_KEYS_DIRECTORY", "resolver")
        for kind in ("MASTERS", "SIGNING", "CLAIMS"):
            patch.delenv(f"VERITEM_KEYS_{kind}_PASSPHRASE")
        return load_opening_keys(read_settings(None)).ring


def opens(ring: KeyRing, code: bytes) -> bool:
    try:
        ring.open(code.decode())
    except UnknownCode:
        return False
    return True


def test_after_a_theft_new_stamps_are_sealed_by_keys_that_the_thief_lacks(
    place: Veritem, monkeypatch: pytest.MonkeyPatch
) -> None:
    place("order", "request", "O2", "--count", "5", *PARTIES, "--as", "lan")
    place("order", "approve", "O2", "--as", "minh")
    assert place("batch", "create", "O1").status == 0
    stolen = load_resolver_ring()
    rotate = decide(place, "rotate")
    assert place(*rotate).json["epochs"][-1]["epoch"] == 1
    assert place("batch", "create", "O2").status == 0
    assert place("batch", "show", "2", "--json").json["epoch"] == 1
    seal = KeyStore(Path("var/keys")).open_stamp_keys("a passphrase for masters").ring.seal
    [old], [new] = (seal(batch, 0, 1, epoch).tolist() for batch, epoch in ((1, 0), (2, 1)))
    ring = load_resolver_ring()
    assert [opens(stolen, code) for code in (old, new)] == [True, False]
    assert [opens(ring, code) for code in (old, new)] == [True, True]
    retire = decide(place, "retire", "0", "--yes")
    assert place(*retire).json["epochs"][0]["retired_at"] is not None
    ring = load_resolver_ring()
    assert [opens(ring, code) for code in (old, new)] == [False, True]

    key = place("staff", "seal-codes", "--json").json["key"]
    assert place("staff", "seal-codes", "--new-key", "--json").json["key"] != key
    monkeypatch.setenv("VERITEM_HEADS_PASSPHRASE", "a passphrase for heads")
    monkeypatch.setenv("VERITEM_HEADS_FOLDER", "pushed")
    assert place("heads", "key", "create", "--ledger", "tem.example/l1").status == 0
    assert place("heads", "push").status == 0
    assert len(place("heads", "key", "rotate", "--json").json["keys"]) == 2
    place("order", "request", "O3", "--count", "6", *PARTIES, "--as", "lan")
    assert place("heads", "push").status == 0
    verified = place("audit", "verify", "--json").json
    assert (verified["ok"], verified["signed_heads"]) == (True, 2)


def die_after(act: Callable[..., object]) -> Callable[..., object]:
    def run(*arguments: object, **options: object) -> None:
        act(*arguments, **options)
        os.kill(os.getpid(), signal.SIGKILL)

    return run


def die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("moment", ["after the key store", "before the mark"])
def test_a_rotation_that_was_killed_before_its_mark_happens_once(
    place: Veritem, moment: str
) -> None:
    rotate = decide(place, "rotate")
    child = os.fork()
    if child == 0:
        if moment == "after the key store":
            KeyStore.rotate = die_after(KeyStore.rotate)  # type: ignore[method-assign,assignment]
        else:
            proposals.finish_act = die  # type: ignore[assignment]
        try:
            place(*rotate)
        finally:
            os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    assert len(place("keys", "list", "--json").json["epochs"]) == 2
    [left] = place("proposals", "list", "--all", "--json").json["proposals"]
    assert (left["state"], left["used_at"]) == ("approved", None)
    assert len(place(*rotate).json["epochs"]) == 2
    [used] = place("proposals", "list", "--all", "--json").json["proposals"]
    assert used["used_at"] is not None
    again = place(*rotate).json
    assert (again["state"], again["subject"]) == ("open", "epochs:2")
    assert len(place("keys", "list", "--json").json["epochs"]) == 2
    assert place("audit", "verify").status == 0
