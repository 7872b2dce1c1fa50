"""Fixed keys of chain heads, and a signer whose state lies in a folder."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from issuer.heads import HeadKey, HeadSigner, SignerState

KEY = HeadKey("tem.example/ledger-1", [bytes(range(32))])
OTHER_KEY = HeadKey(KEY.ledger, [bytes(32)])


@contextmanager
def open_signer(folder: Path, clock: Callable[[], int]) -> Iterator[HeadSigner]:
    """The signer of a folder, as a new process opens it; a new folder has signed nothing."""
    if not folder.exists():
        folder.mkdir()
        SignerState.create(folder)
    with SignerState.lock(folder, KEY.public_keys()) as state:
        yield HeadSigner(KEY, state, clock)
