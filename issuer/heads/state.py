"""State of the signer: the last head it signed, and the heads that places do not have yet.

One file beside the key, `state.json`, replaced atomically and synced. A head is in it before it
leaves the process: a crash before the write loses a signature that nobody has seen, a crash after
it loses nothing, because the head is pushed by the next process. A place may get a head twice.

A lost or older state file is not replaced by an empty one: a signer that forgot what it signed
would sign a rewritten history. `recover` starts from a head that a place has.

Heads that wait are at most `MOST_PENDING`, beside those that state recalls: while a place is down
for long, every second one is dropped, never the newest. A later head covers the rows of an earlier
one, and does not repeat its recalls.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from issuer import files
from ledger.audit.head_statement import HeadKeys, SignedHead
from stamps.errors import VeritemError

FORMAT: Final = "veritem head signer v1"
STATE: Final = "state.json"
MOST_PENDING: Final = 256


class NoSignerState(VeritemError):
    """The signer's state is missing or unreadable, so it does not know what it signed."""

    code = "no-signer-state"
    message = (
        "the signer does not know what it signed: {path} {why};"
        " `veritem heads recover` takes it from a place that has the heads"
    )


class SignerBusy(VeritemError):
    """Another signer has the folder; there is one at a time."""

    code = "signer-busy"
    message = "another signer of chain heads is at work in {directory}"


class StateIsThere(VeritemError):
    """A state was to be recovered that is not lost."""

    code = "state-is-there"
    message = "{path} is readable and not older than that head; nothing was changed"


@dataclass(frozen=True, slots=True)
class PlaceRecord:
    """Progress of a place: it has all heads up to the time `through`; times in milliseconds."""

    through: int = 0
    pushed_at: int | None = None
    failure: str | None = None
    """Why the last push failed; None if it did not."""


@dataclass(slots=True)
class SignerState:
    """The state, held by the one process that has the folder's lock (see `lock`)."""

    directory: Path
    last: SignedHead | None = None
    proven_at: int = 0
    """When both chains were last recomputed from their beginning."""
    refusal: str | None = None
    """Why the present history cannot be signed; None while it can."""
    pending: list[SignedHead] = field(default_factory=list)
    places: dict[str, PlaceRecord] = field(default_factory=dict)

    @classmethod
    def create(cls, directory: Path) -> None:
        """Write the state of a signer that has signed nothing."""
        cls(directory).save()

    @classmethod
    def recover(cls, directory: Path, head: SignedHead) -> None:
        """Make a verified head that a place has the last one, where the state was lost.

        Raises:
            StateIsThere: the state is readable and knows this head or a later one.
            SignerBusy: another process has the folder.
        """
        with _lock(directory):
            try:
                last = cls.load(directory).last
            except NoSignerState:
                last = None
            if last is not None and last.statement.at >= head.statement.at:
                raise StateIsThere(path=str(directory / STATE))
            cls(directory, last=head).save()

    @classmethod
    @contextmanager
    def lock(cls, directory: Path, keys: HeadKeys) -> Iterator["SignerState"]:
        """Read the state, and keep other signers out until the block ends.

        Raises:
            NoSignerState: it is missing or unreadable.
            BadSignature: `keys` did not sign the last head: the file was altered.
            SignerBusy: another process has the folder.
        """
        if not directory.is_dir():
            raise NoSignerState(path=str(directory), why="is not there")
        with _lock(directory):
            state = cls.load(directory)
            for head in [state.last, *state.pending]:
                if head is not None:
                    keys.verify(head)
            yield state

    @classmethod
    def load(cls, directory: Path) -> "SignerState":
        """Read the state without the lock, to show it. Raises `NoSignerState`."""
        path = directory / STATE
        try:
            document = json.loads(path.read_bytes())
            if document["format"] != FORMAT:
                raise NoSignerState(path=str(path), why=f"is not of the format {FORMAT!r}")
            return cls(
                directory,
                SignedHead.parse(document["last"]) if document["last"] else None,
                document["proven_at"],
                document["refusal"],
                [SignedHead.parse(note) for note in document["pending"]],
                {name: PlaceRecord(**row) for name, row in document["places"].items()},
            )
        except OSError as error:
            why = f"cannot be read ({error.strerror})"
            raise NoSignerState(path=str(path), why=why) from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise NoSignerState(path=str(path), why="is not a signer's state") from error

    def save(self) -> None:
        """Write the state durably. Raises `OSError`: the file is as before."""
        document: dict[str, Any] = {
            "format": FORMAT,
            "last": self.last.note.format() if self.last else None,
            "proven_at": self.proven_at,
            "refusal": self.refusal,
            "pending": [head.note.format() for head in self.pending],
            "places": {name: asdict(record) for name, record in self.places.items()},
        }
        files.write_json(self.directory / STATE, document, files.SECRET)

    def add(self, head: SignedHead) -> None:
        """Make a head the last one, durably, before it is pushed.

        Raises:
            OSError: it could not be written, and is as if it had never been signed.
        """
        before = self.last, self.refusal, self.pending
        kept = self.pending
        if sum(not _states_recalls(one) for one in kept) >= MOST_PENDING:
            kept = [one for at, one in enumerate(kept) if at % 2 or _states_recalls(one)]
        self.last, self.refusal, self.pending = head, None, [*kept, head]
        try:
            self.save()
        except BaseException:
            self.last, self.refusal, self.pending = before
            raise

    def list_due(self, place: str) -> list[SignedHead]:
        """Return the heads that a place does not have yet, oldest first."""
        through = self.places.get(place, PlaceRecord()).through
        due = [head for head in self.pending if head.statement.at > through]
        if not due and self.last is not None and self.last.statement.at > through:
            return [self.last]  # a place that was named later
        return due

    def note_pushed(self, place: str, through: int, at: int) -> None:
        """Note that a place has all heads up to the time `through`."""
        self.places[place] = PlaceRecord(through, at)
        self._drop_pushed()
        self.save()

    def note_failure(self, place: str, why: str) -> None:
        """Note why the last push to a place failed."""
        record = self.places.get(place, PlaceRecord())
        if record.failure != why:
            self.places[place] = replace(record, failure=why)
            self.save()

    def keep_places(self, names: Iterable[str]) -> None:
        """Forget places that the settings no longer name, and heads that all of them have."""
        self.places = {name: self.places.get(name, PlaceRecord()) for name in names}
        self._drop_pushed()

    def _drop_pushed(self) -> None:
        through = min((record.through for record in self.places.values()), default=None)
        if through is None:
            self.pending = []
        else:
            self.pending = [head for head in self.pending if head.statement.at > through]


def _states_recalls(head: SignedHead) -> bool:
    return bool(head.statement.recalls or head.statement.left_out)


@contextmanager
def _lock(directory: Path) -> Iterator[None]:
    with ExitStack() as stack:
        try:
            stack.enter_context(files.lock_directory(directory))
        except files.KeyStoreBusy:
            raise SignerBusy(directory=str(directory)) from None
        yield
