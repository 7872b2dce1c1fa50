"""The key store: passphrases, rotation, retirement and crashes."""

import json
import os
import resource
import signal
import stat
from collections.abc import Callable
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
from stamps.key_file import Epoch, KeyFile
from stamps.signature import PublicKeys

WORDS = Passphrases("opens what is sealed", "signs what is issued")
AT = 1_790_000_000_000


@pytest.fixture
def store(tmp_path: Path) -> KeyStore:
    return KeyStore.create(tmp_path / "keys", WORDS, at=AT)


def signs_and_opens(store: KeyStore) -> bool:
    """Whether what the newest epoch seals opens, is signed, and verifies by the public keys."""
    ring, signer = store.open_ring(WORDS.opening), store.open_signer(WORDS.signing)
    codes = ring.seal(1, 0, 2)
    store.load_public_keys().verify(codes[1].decode(), signer.sign_codes(codes)[1].decode())
    return ring.open(codes[1].decode()).index == 1


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
    assert mode(store.directory / "opening.json") == 0o600
    assert mode(store.directory / "signing.json") == 0o600
    assert mode(store.directory / "public.json") == 0o644
    assert sorted(p.name for p in store.directory.iterdir()) == [
        ".lock",
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
    assert WORDS.opening not in repr(WORDS)
    assert WORDS.signing.encode() not in everything


def test_the_published_keys_are_a_jwk_set(store: KeyStore) -> None:
    document = json.loads((store.directory / "public.json").read_bytes())
    assert [key["kid"] for key in document["keys"]] == ["epoch-0"]
    assert {key["alg"] for key in document["keys"]} == {"EdDSA"}
    PublicKeys.from_jwks(document)


def test_after_rotation_the_newest_seals_and_all_open(store: KeyStore) -> None:
    old = store.open_ring(WORDS.opening).seal(1, 0, 1)[0].decode()
    assert store.rotate(WORDS, at=AT + 1) == 1
    ring = store.open_ring(WORDS.opening)
    assert ring.newest == 1
    assert ring.open(old).epoch == 0
    assert ring.open(ring.seal(2, 0, 1)[0].decode()).epoch == 1
    assert signs_and_opens(store)
    assert store.epochs() == (Epoch(0, AT), Epoch(1, AT + 1))


def test_a_retired_epoch_neither_opens_nor_signs_nor_verifies(store: KeyStore) -> None:
    codes = store.open_ring(WORDS.opening).seal(1, 0, 1)
    store.rotate(WORDS)
    store.retire(0, WORDS, at=AT + 2)
    with pytest.raises(UnknownCode):
        store.open_ring(WORDS.opening).open(codes[0].decode())
    with pytest.raises(NoSigningKey):
        store.open_signer(WORDS.signing).sign_codes(codes)
    assert [key["kid"] for key in store.load_public_keys().to_jwks()["keys"]] == ["epoch-1"]
    assert store.epochs()[0].retired_at == AT + 2
    assert signs_and_opens(store)


def test_retiring_erases_the_secrets_from_both_files(store: KeyStore) -> None:
    store.rotate(WORDS)
    store.retire(0, WORDS)
    for kind, name, words in (
        ("opening", "opening.json", WORDS.opening),
        ("signing", "signing.json", WORDS.signing),
    ):
        document = json.loads((store.directory / name).read_bytes())
        assert set(KeyFile.decrypt(document, kind, words).secrets) == {1}  # type: ignore[arg-type]


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
    for kind, words in (("opening", WORDS.opening), ("signing", WORDS.signing)):
        full = KeyFile(kind, epochs, {31: bytes(32)})  # type: ignore[arg-type]
        files.write_json(
            store.directory / f"{kind}.json",
            full.encrypt(words, salt=bytes(16), nonce=bytes(12)),
            files.SECRET,
        )
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
        (Passphrases("short", WORDS.signing), False),
        (Passphrases(WORDS.opening, ""), False),
        (Passphrases(WORDS.opening, WORDS.opening), False),
        (DEMO_PASSPHRASES, False),
        (Passphrases(WORDS.opening, DEMO_PASSPHRASES.opening), False),
        (WORDS, True),
    ],
)
def test_weak_passphrases_are_refused(tmp_path: Path, passphrases: Passphrases, demo: bool) -> None:
    with pytest.raises(WeakPassphrase):
        KeyStore.create(tmp_path / "keys", passphrases, demo=demo)
    assert not (tmp_path / "keys").exists()


def test_each_file_has_its_own_passphrase(store: KeyStore) -> None:
    with pytest.raises(WrongPassphrase, match="opening"):
        store.open_ring(WORDS.signing)
    with pytest.raises(WrongPassphrase, match="signing"):
        store.open_signer(WORDS.opening)
    with pytest.raises(WrongPassphrase):
        store.rotate(Passphrases(WORDS.opening, "not the signing one"))
    assert len(store.epochs()) == 1


def test_a_store_without_signing_keys_opens_codes_only(store: KeyStore) -> None:
    (store.directory / "signing.json").unlink()
    assert store.open_ring(WORDS.opening).newest == 0
    assert store.load_public_keys().to_jwks()["keys"]
    with pytest.raises(NoKeyStore, match=r"signing\.json can not be read"):
        store.open_signer(WORDS.signing)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"format": "other"}', b"\xff\xfe"])
@pytest.mark.parametrize("name", ["opening.json", "signing.json", "public.json"])
def test_a_broken_file_is_named(store: KeyStore, name: str, content: bytes) -> None:
    (store.directory / name).write_bytes(content)
    with pytest.raises(NoKeyStore, match=name):
        {
            "opening.json": lambda: store.open_ring(WORDS.opening),
            "signing.json": lambda: store.open_signer(WORDS.signing),
            "public.json": store.load_public_keys,
        }[name]()


def test_a_missing_store_can_not_be_rotated(tmp_path: Path) -> None:
    with pytest.raises(NoKeyStore, match="is not there"):
        KeyStore(tmp_path / "none").rotate(WORDS)
    with pytest.raises(NoKeyStore, match="can not be read"):
        KeyStore(tmp_path).rotate(WORDS)
    assert not (tmp_path / "none").exists()


def test_a_second_writer_is_refused_and_readers_do_not_wait(store: KeyStore) -> None:
    with files.lock_directory(store.directory):
        with pytest.raises(KeyStoreBusy):
            store.rotate(WORDS)
        assert store.open_ring(WORDS.opening).newest == 0
    assert store.rotate(WORDS) == 1


def test_a_demo_store_warns_wherever_it_is_opened(tmp_path: Path) -> None:
    store = KeyStore.create(tmp_path / "keys", DEMO_PASSPHRASES, demo=True)
    assert store.demo
    (warning,) = store.list_warnings()
    assert "DEMO KEYS" in str(warning)
    assert str(store.directory) in str(warning)
    with structlog.testing.capture_logs() as logs:
        store.open_ring(DEMO_PASSPHRASES.opening)
        store.open_signer(DEMO_PASSPHRASES.signing)
        store.rotate(DEMO_PASSPHRASES)
    said = [log for log in logs if log["event"] == "demo-key"]
    assert len(said) == 4
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


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_killed_creation_is_complete_or_can_be_repeated(
    tmp_path: Path, number: int, before: bool
) -> None:
    def create() -> KeyStore:
        return KeyStore.create(tmp_path / "keys", WORDS)

    status = in_a_child(create, dies_at_write(number, before=before))
    assert os.WIFSIGNALED(status)
    if number == 3 and not before:
        assert signs_and_opens(KeyStore(tmp_path / "keys"))
    else:
        assert signs_and_opens(create())


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_killed_rotation_leaves_a_store_that_opens(
    store: KeyStore, number: int, before: bool
) -> None:
    old = store.open_ring(WORDS.opening).seal(1, 0, 1)[0].decode()
    status = in_a_child(lambda: store.rotate(WORDS), dies_at_write(number, before=before))
    assert os.WIFSIGNALED(status)
    assert signs_and_opens(store)
    published = json.loads((store.directory / "public.json").read_bytes())["keys"]
    done = number == 3 and not before
    assert len(store.epochs()) == (2 if done else 1)
    if not done:
        assert store.rotate(WORDS) == 1
    assert signs_and_opens(store)
    # A key that was published is never replaced by another of the same name.
    again = json.loads((store.directory / "public.json").read_bytes())["keys"]
    assert again[: len(published)] == published
    assert store.open_ring(WORDS.opening).open(old).epoch == 0
    assert not list(store.directory.glob("*.tmp"))


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_killed_retirement_is_undone_or_in_force(
    store: KeyStore, number: int, before: bool
) -> None:
    codes = store.open_ring(WORDS.opening).seal(1, 0, 1)
    store.rotate(WORDS)
    status = in_a_child(lambda: store.retire(0, WORDS), dies_at_write(number, before=before))
    assert os.WIFSIGNALED(status)
    assert signs_and_opens(store)
    in_force = (number, before) != (1, True)
    assert (0 in store.open_ring(WORDS.opening).epochs) is not in_force
    if in_force:
        with pytest.raises(NoSigningKey):
            store.open_signer(WORDS.signing).sign_codes(codes)
        assert [k["kid"] for k in store.load_public_keys().to_jwks()["keys"]] == ["epoch-1"]
    store.rotate(WORDS)  # takes up, or goes on after, what was left undone
    kids = [k["kid"] for k in json.loads((store.directory / "public.json").read_bytes())["keys"]]
    assert ("epoch-0" in kids) is not in_force
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


def test_the_demo_passphrases_are_the_documented_ones() -> None:
    assert (
        DEMO_PASSPHRASES.opening,
        DEMO_PASSPHRASES.signing,
    ) == (keystore.DEMO_OPENING_PASSPHRASE, keystore.DEMO_SIGNING_PASSPHRASE)
