"""The key store: passphrases, rotation, retirement and crashes."""

import json
import os
import resource
import signal
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import structlog

from issuer import (
    DEMO_PASSPHRASES,
    EpochNotRetirable,
    EpochsSpent,
    KeyStore,
    KeyStoreBusy,
    KeyStoreExists,
    NoKeyStore,
    NoSigningKey,
    Passphrases,
    WeakPassphrase,
    files,
    keystore,
)
from stamps.errors import UnknownCode, WrongPassphrase
from stamps.key_derivation import derive_key
from stamps.key_file import Epoch, KeyFile, KeyKind
from stamps.key_ring import KeyRing
from stamps.signature import PublicKeys

WORDS = Passphrases(
    masters="seals what is issued",
    signing="signs what is issued",
    opening="opens what is sealed",
    claims="checks what is claimed",
)
KINDS: tuple[KeyKind, ...] = ("masters", "signing", "opening", "claims")
AT = 1_790_000_000_000


@pytest.fixture
def store(tmp_path: Path) -> KeyStore:
    return KeyStore.create(tmp_path / "keys", WORDS, at=AT)


def decrypt(store: KeyStore, kind: KeyKind) -> KeyFile:
    document = json.loads((store.directory / f"{kind}.json").read_bytes())
    return KeyFile.decrypt(document, kind, WORDS.get(kind))


def open_codes(store: KeyStore) -> KeyRing:
    """The ring of a resolver, which has `opening.json` alone."""
    return decrypt(store, "opening").build_ring()


def signs_and_opens(store: KeyStore) -> bool:
    """Whether what the newest epoch seals opens, has its PIN, is signed, and verifies."""
    keys, signer = store.open_stamp_keys(WORDS.masters), store.open_signer(WORDS.signing)
    codes = keys.ring.seal(1, 0, 2)
    store.load_public_keys().verify(codes[1].decode(), signer.sign_codes(codes)[1].decode())
    stamp = open_codes(store).open(codes[1].decode())
    pin = decrypt(store, "claims").build_pin_ring().derive_pin(stamp)
    return (stamp.index, pin) == (1, keys.pins.derive_pin(stamp))


def in_a_child(work: Callable[[], object], prepare: Callable[[], object]) -> int:
    """Run `work` in a forked child after `prepare`; the child's wait status."""
    child = os.fork()
    if child == 0:
        try:
            prepare()
            work()
        except OSError:
            os._exit(7)
        finally:
            os._exit(0)
    return os.waitpid(child, 0)[1]


def test_a_new_store_has_one_epoch_that_seals_opens_signs_and_verifies(store: KeyStore) -> None:
    assert store.epochs() == (Epoch(0, AT),)
    assert signs_and_opens(store)
    assert store.list_warnings() == []


def test_key_files_are_readable_by_their_owner_only(store: KeyStore) -> None:
    store.rotate(WORDS)

    def mode(path: Path) -> int:
        return stat.S_IMODE(path.stat().st_mode)

    assert mode(store.directory) == 0o700
    assert {mode(store.directory / f"{kind}.json") for kind in KINDS} == {0o600}
    assert mode(store.directory / "public.json") == 0o644
    assert sorted(p.name for p in store.directory.iterdir()) == [
        ".lock",
        "claims.json",
        "masters.json",
        "opening.json",
        "public.json",
        "signing.json",
    ]


def test_no_secret_is_in_a_file_or_a_repr(tmp_path: Path) -> None:
    given: list[bytes] = []

    def entropy(length: int) -> bytes:
        given.append(os.urandom(length))
        return given[-1]

    store = KeyStore.create(tmp_path / "keys", WORDS, entropy=entropy)
    everything = b"".join(path.read_bytes() for path in store.directory.iterdir())
    for secret in (secret for secret in given if len(secret) == 32):
        assert secret not in everything
        assert secret.hex().encode() not in everything
    assert WORDS.masters not in repr(WORDS)
    assert WORDS.signing.encode() not in everything


def test_the_published_keys_are_a_jwk_set(store: KeyStore) -> None:
    document = json.loads((store.directory / "public.json").read_bytes())
    assert [key["kid"] for key in document["keys"]] == ["epoch-0"]
    assert {key["alg"] for key in document["keys"]} == {"EdDSA"}
    PublicKeys.from_jwks(document)


def test_after_rotation_the_newest_seals_and_all_open(store: KeyStore) -> None:
    old = open_codes(store).seal(1, 0, 1)[0].decode()
    assert store.rotate(WORDS, at=AT + 1) == 1
    ring = open_codes(store)
    assert ring.newest == 1
    assert ring.open(old).epoch == 0
    assert ring.open(ring.seal(2, 0, 1)[0].decode()).epoch == 1
    assert signs_and_opens(store)
    assert store.epochs() == (Epoch(0, AT), Epoch(1, AT + 1))


def test_a_retired_epoch_neither_opens_nor_signs_nor_verifies(store: KeyStore) -> None:
    codes = open_codes(store).seal(1, 0, 1)
    store.rotate(WORDS)
    store.retire(0, WORDS, at=AT + 2)
    for ring in (open_codes(store), store.open_stamp_keys(WORDS.masters).ring):
        with pytest.raises(UnknownCode):
            ring.open(codes[0].decode())
    assert decrypt(store, "claims").build_pin_ring().epochs == (1,)
    with pytest.raises(NoSigningKey):
        store.open_signer(WORDS.signing).sign_codes(codes)
    assert [key["kid"] for key in store.load_public_keys().to_jwks()["keys"]] == ["epoch-1"]
    assert store.epochs()[0].retired_at == AT + 2
    assert signs_and_opens(store)


def test_retiring_erases_the_secrets_from_all_files(store: KeyStore) -> None:
    store.rotate(WORDS)
    store.retire(0, WORDS)
    assert [set(decrypt(store, kind).secrets) for kind in KINDS] == [{1}] * 4


def test_a_file_holds_the_keys_of_its_purpose_and_none_of_another(store: KeyStore) -> None:
    (master,) = decrypt(store, "masters").secrets.values()
    (opening,) = decrypt(store, "opening").secrets.values()
    (claims,) = decrypt(store, "claims").secrets.values()
    assert opening == derive_key(0, master, "tag") + derive_key(0, master, "mask")
    assert claims == derive_key(0, master, "pin")
    assert claims not in opening


def test_retiring_twice_keeps_the_first_time(store: KeyStore) -> None:
    store.rotate(WORDS)
    store.retire(0, WORDS, at=AT + 2)
    store.retire(0, WORDS, at=AT + 3)
    assert store.epochs()[0].retired_at == AT + 2


@pytest.mark.parametrize(
    ("epoch", "why"), [(0, "rotate first"), (1, "never created"), (-1, "never")]
)
def test_the_sealing_epoch_and_an_unknown_one_can_not_be_retired(
    store: KeyStore, epoch: int, why: str
) -> None:
    with pytest.raises(EpochNotRetirable, match=why):
        store.retire(epoch, WORDS)
    assert signs_and_opens(store)


def test_the_thirty_third_epoch_is_refused(store: KeyStore) -> None:
    epochs = tuple(Epoch(n, AT, None if n == 31 else AT) for n in range(32))
    for kind in KINDS:
        full = KeyFile(kind, epochs, {31: bytes(16 if kind == "claims" else 32)})
        keystore.write_key_file(store.directory, full, WORDS.get(kind))
    with pytest.raises(EpochsSpent):
        store.rotate(WORDS)
    assert len(store.epochs()) == 32


def test_a_store_is_never_overwritten(store: KeyStore) -> None:
    before = (store.directory / "opening.json").read_bytes()
    with pytest.raises(KeyStoreExists):
        KeyStore.create(store.directory, WORDS)
    assert (store.directory / "opening.json").read_bytes() == before


@pytest.mark.parametrize(
    ("passphrases", "demo"),
    [
        (replace(WORDS, masters="short"), False),
        (replace(WORDS, claims=""), False),
        (replace(WORDS, claims=WORDS.opening), False),
        (replace(WORDS, masters=WORDS.opening), False),
        (DEMO_PASSPHRASES, False),
        (replace(WORDS, signing=DEMO_PASSPHRASES.opening), False),
        (WORDS, True),
    ],
)
def test_weak_passphrases_are_refused(tmp_path: Path, passphrases: Passphrases, demo: bool) -> None:
    with pytest.raises(WeakPassphrase):
        KeyStore.create(tmp_path / "keys", passphrases, demo=demo)
    assert not (tmp_path / "keys").exists()


def test_each_file_has_its_own_passphrase(store: KeyStore) -> None:
    with pytest.raises(WrongPassphrase, match="masters"):
        store.open_stamp_keys(WORDS.opening)
    with pytest.raises(WrongPassphrase, match="signing"):
        store.open_signer(WORDS.masters)
    for kind in KINDS:
        with pytest.raises(WrongPassphrase, match=kind):
            store.rotate(replace(WORDS, **{kind: "not the right one"}))
    assert len(store.epochs()) == 1


def test_a_resolver_needs_neither_masters_nor_signing_nor_pin_keys(store: KeyStore) -> None:
    for kind in ("masters", "signing", "claims"):
        (store.directory / f"{kind}.json").unlink()
    assert open_codes(store).newest == 0
    assert store.load_public_keys().to_jwks()["keys"]
    with pytest.raises(NoKeyStore, match=r"signing\.json cannot be read"):
        store.open_signer(WORDS.signing)
    with pytest.raises(NoKeyStore, match=r"masters\.json cannot be read"):
        store.open_stamp_keys(WORDS.masters)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"format": "other"}', b"\xff\xfe"])
@pytest.mark.parametrize("name", ["masters.json", "opening.json", "signing.json", "public.json"])
def test_a_broken_file_is_named(store: KeyStore, name: str, content: bytes) -> None:
    (store.directory / name).write_bytes(content)
    with pytest.raises(NoKeyStore, match=name):
        {
            "masters.json": lambda: store.open_stamp_keys(WORDS.masters),
            "opening.json": store.epochs,
            "signing.json": lambda: store.open_signer(WORDS.signing),
            "public.json": store.load_public_keys,
        }[name]()


def test_a_missing_store_can_not_be_rotated(tmp_path: Path) -> None:
    with pytest.raises(NoKeyStore, match="is not there"):
        KeyStore(tmp_path / "none").rotate(WORDS)
    with pytest.raises(NoKeyStore, match="cannot be read"):
        KeyStore(tmp_path).rotate(WORDS)
    assert not (tmp_path / "none").exists()


def test_a_second_writer_is_refused_and_readers_do_not_wait(store: KeyStore) -> None:
    with files.lock_directory(store.directory):
        with pytest.raises(KeyStoreBusy):
            store.rotate(WORDS)
        assert store.open_stamp_keys(WORDS.masters).ring.newest == 0
    assert store.rotate(WORDS) == 1


def test_a_demo_store_warns_wherever_it_is_opened(tmp_path: Path) -> None:
    store = KeyStore.create(tmp_path / "keys", DEMO_PASSPHRASES, demo=True)
    assert store.demo
    (warning,) = store.list_warnings()
    assert "DEMO KEYS" in str(warning)
    assert str(store.directory) in str(warning)
    with structlog.testing.capture_logs() as logs:
        store.open_stamp_keys(DEMO_PASSPHRASES.masters)
        store.open_signer(DEMO_PASSPHRASES.signing)
        store.rotate(DEMO_PASSPHRASES)
    said = [log for log in logs if log["event"] == "demo-key"]
    assert len(said) == 6
    assert all(log["log_level"] == "warning" for log in said)


def dies_at_write(number: int, *, before: bool) -> Callable[[], None]:
    """Make this process kill itself with SIGKILL at its `number`th file, before or after it."""

    def prepare() -> None:
        count = 0
        write, replace = files.write_json, Path.replace

        def deadly_write(path: Path, document: dict[str, object], mode: int) -> None:
            nonlocal count
            count += 1
            write(path, document, mode)
            if count == number:
                os.kill(os.getpid(), signal.SIGKILL)

        def deadly_replace(self: Path, target: Path) -> Path:
            if before and count == number:
                os.kill(os.getpid(), signal.SIGKILL)
            return replace(self, target)

        files.write_json = deadly_write  # type: ignore[assignment]
        Path.replace = deadly_replace  # type: ignore[method-assign,assignment]

    return prepare


DEATHS = [(number, True) for number in range(1, 6)] + [(5, False)]
"""Before each of the five files, and after the last: after a file is before the next."""


@pytest.mark.parametrize(("number", "before"), DEATHS)
def test_a_killed_creation_is_complete_or_can_be_repeated(
    tmp_path: Path, number: int, before: bool
) -> None:
    def create() -> KeyStore:
        return KeyStore.create(tmp_path / "keys", WORDS)

    status = in_a_child(create, dies_at_write(number, before=before))
    assert os.WIFSIGNALED(status)
    if not before:
        assert signs_and_opens(KeyStore(tmp_path / "keys"))
    else:
        assert signs_and_opens(create())


@pytest.mark.parametrize(("number", "before"), DEATHS)
def test_a_killed_rotation_leaves_a_store_that_opens(
    store: KeyStore, number: int, before: bool
) -> None:
    old = open_codes(store).seal(1, 0, 1)[0].decode()
    status = in_a_child(lambda: store.rotate(WORDS), dies_at_write(number, before=before))
    assert os.WIFSIGNALED(status)
    assert signs_and_opens(store)
    published = json.loads((store.directory / "public.json").read_bytes())["keys"]
    done = not before
    assert len(store.epochs()) == (2 if done else 1)
    if not done:
        assert store.rotate(WORDS) == 1
    assert signs_and_opens(store)
    # A key that was published is never replaced by another of the same name.
    again = json.loads((store.directory / "public.json").read_bytes())["keys"]
    assert again[: len(published)] == published
    assert open_codes(store).open(old).epoch == 0
    assert not list(store.directory.glob("*.tmp"))


@pytest.mark.parametrize(("number", "before"), DEATHS)
def test_a_killed_retirement_is_undone_or_in_force(
    store: KeyStore, number: int, before: bool
) -> None:
    codes = open_codes(store).seal(1, 0, 1)
    store.rotate(WORDS)
    status = in_a_child(lambda: store.retire(0, WORDS), dies_at_write(number, before=before))
    assert os.WIFSIGNALED(status)
    assert signs_and_opens(store)
    in_force = (number, before) != (1, True)
    assert (0 in open_codes(store).epochs) is not in_force
    if in_force:
        with pytest.raises(NoSigningKey):
            store.open_signer(WORDS.signing).sign_codes(codes)
        assert store.open_stamp_keys(WORDS.masters).pins.epochs == (1,)
        assert [k["kid"] for k in store.load_public_keys().to_jwks()["keys"]] == ["epoch-1"]
    store.rotate(WORDS)  # takes up, or goes on after, what was left undone
    kids = [k["kid"] for k in json.loads((store.directory / "public.json").read_bytes())["keys"]]
    assert ("epoch-0" in kids) is not in_force
    assert [(0 in decrypt(store, kind).secrets) is not in_force for kind in KINDS] == [True] * 4
    store.retire(0, WORDS)
    assert [k["kid"] for k in store.load_public_keys().to_jwks()["keys"]] == ["epoch-1", "epoch-2"]


def test_a_full_disk_changes_nothing(store: KeyStore) -> None:
    def full() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64))

    before = {path.name: path.read_bytes() for path in store.directory.iterdir()}
    status = in_a_child(lambda: store.rotate(WORDS), full)
    assert os.waitstatus_to_exitcode(status) == 7
    assert {path.name: path.read_bytes() for path in store.directory.iterdir()} == before
    assert signs_and_opens(store)
