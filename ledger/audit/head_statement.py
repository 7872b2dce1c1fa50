"""Head statement: where both chains of a ledger ended at a moment, as a signed note.

The text begins with six lines. `batches` is the highest batch number that was ever issued, so that
it is not issued again after a restore. The name of the ledger is also that of the key that signs::

    veritem.vn/ledger-1f3a9c02
    veritem chain heads v1
    transitions 812 <64 hexadecimal digits>
    audit 2044 <64 hexadecimal digits>
    batches 12
    2026-11-27T03:00:00.123Z

Then come lines on what restoring an older copy would undo (`ledger.audit.stated_recalls`): the
transitions of each kind since the first, and each recall that was approved after the statement
before, with the number of the approval's audit entry. Older statements have none of them::

    made activate 500 print 300 recall 12
    recall 2031 {"batch":7,"reason":"contaminated"}
    recalls left out 2

A statement after an accepted loss (a backup was restored) has three more: the last rows that were
kept, and the heads that are no longer in the chains::

    kept transitions 801 audit 2031
    replaces transitions 850 <64 hexadecimal digits>
    replaces audit 2100 <64 hexadecimal digits>

Times of one ledger's statements increase strictly, also when the signer's clock does not.
A statement is passed on as a line of JSON, `{"note": "…"}`, or as the note itself.
"""

import base64
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ledger.chains.hash_chain import ChainHead
from stamps.base64url import encode_base64url
from stamps.signed_note import MalformedNote, NoteKey, SignedNote, parse_note
from stamps.timestamps import MalformedTimestamp, format_rfc3339, parse_rfc3339

FORMAT: Final = "veritem chain heads v1"
USE: Final = "veritem-heads"
"""`use` (RFC 7517, section 4.2) of the keys that sign statements."""
TRANSITIONS: Final = "transitions"
AUDIT: Final = "audit"
CHAINS: Final = (TRANSITIONS, AUDIT)

_HEAD: Final = r"(0|[1-9]\d{0,18}) ([0-9a-f]{64})"
_TEXT: Final = re.compile(
    rf"(\S+)\n{FORMAT}\ntransitions {_HEAD}\naudit {_HEAD}\nbatches (0|[1-9]\d{{0,7}})\n(\S+)\n"
    r"(made(?: [a-z]+ [1-9]\d{0,18})*\n)?((?:recall [1-9]\d{0,18} \{[ -~]*\}\n)*)"
    r"(?:recalls left out ([1-9]\d{0,8})\n)?"
    r"(?:kept transitions (0|[1-9]\d{0,18}) audit (0|[1-9]\d{0,18})\n"
    rf"replaces transitions {_HEAD}\nreplaces audit {_HEAD}\n)?",
    re.ASCII,
)

Heads = Mapping[str, ChainHead]
"""Number and hash of a row of each chain, by the chain's name."""


@dataclass(frozen=True, slots=True)
class AcceptedLoss:
    """Rows that a restored ledger lost: the last numbers it kept, and the heads it had."""

    kept: Mapping[str, int]
    replaced: Heads


@dataclass(frozen=True, slots=True)
class StatedRecall:
    """A recall that two people decided, as a head states it."""

    audit: int
    """The number of the audit entry of its approval."""
    content: str
    """Its target and reason as a JSON object in ASCII (`ledger.stamps.recalls.RecallTarget`)."""

    @classmethod
    def encode(cls, audit: int, content: Mapping[str, Any]) -> "StatedRecall":
        """Return the recall with this target and reason."""
        encoded = json.dumps(content, sort_keys=True, separators=(",", ":"))
        # JSON leaves this one control character as it is.
        return cls(audit, encoded.replace("\x7f", "\\u007f"))

    def format(self) -> str:
        """Return its line in a statement."""
        return f"recall {self.audit} {self.content}"


@dataclass(frozen=True, slots=True)
class HeadStatement:
    """The heads of both chains of a ledger at `at` (milliseconds since the epoch)."""

    ledger: str
    heads: Heads
    at: int
    loss: AcceptedLoss | None = None
    batches: int = 0
    """The highest batch number that the signer has seen; it never falls."""
    made: Mapping[str, int] | None = None
    """Transitions by kind since the first; None in older statements."""
    recalls: tuple[StatedRecall, ...] = ()
    """Recalls that were approved after the statement before."""
    left_out: int = 0
    """Recalls that had no room."""

    def format(self) -> str:
        """Return the text that is signed."""
        lines = [self.ledger, FORMAT]
        lines += [f"{chain} {_format_head(self.heads[chain])}" for chain in CHAINS]
        lines += [f"batches {self.batches}", format_rfc3339(self.at)]
        if self.made is not None:
            counts = (f" {kind} {count}" for kind, count in sorted(self.made.items()))
            lines.append("made" + "".join(counts))
        lines += [recall.format() for recall in self.recalls]
        if self.left_out:
            lines.append(f"recalls left out {self.left_out}")
        if self.loss:
            kept = self.loss.kept
            lines.append("kept " + " ".join(f"{chain} {kept[chain]}" for chain in CHAINS))
            lines += [
                f"replaces {chain} {_format_head(self.loss.replaced[chain])}" for chain in CHAINS
            ]
        return "".join(f"{line}\n" for line in lines)

    @classmethod
    def parse(cls, text: str) -> "HeadStatement":
        """Return the statement of a note's text. Raises `MalformedNote`."""
        found = _TEXT.fullmatch(text)
        if found is None:
            raise MalformedNote(why=f"its text is not of the form {FORMAT!r}")
        ledger, *cells = found.groups()
        try:
            at = parse_rfc3339(cells[5])
        except MalformedTimestamp as error:
            raise MalformedNote(why=str(error)) from None
        made, recalls, left_out = cells[6:9]
        loss = None
        if cells[9] is not None:
            kept = dict(zip(CHAINS, (int(cells[9]), int(cells[10])), strict=True))
            loss = AcceptedLoss(kept, _parse_heads(cells[11:]))
        statement = cls(
            ledger,
            _parse_heads(cells[:4]),
            at,
            loss,
            int(cells[4]),
            made=None if made is None else _parse_counts(made),
            recalls=tuple(_parse_recall(line) for line in recalls.splitlines()),
            left_out=int(left_out or 0),
        )
        if statement.format() != text:
            raise MalformedNote(why="its text is not in the canonical form")
        return statement


@dataclass(frozen=True, slots=True)
class SignedHead:
    """A statement with its note; `parse` does not check the signatures."""

    statement: HeadStatement
    note: SignedNote

    @classmethod
    def parse(cls, text: str) -> "SignedHead":
        """Return the statement and the note of a text. Raises `MalformedNote`."""
        note = parse_note(text)
        return cls(HeadStatement.parse(note.text), note)

    def format_line(self) -> str:
        """Return the line of JSON that passes the note on, with its line feed; it is ASCII."""
        return json.dumps({"note": self.note.format()}) + "\n"


class HeadKeys:
    """The public keys that sign the statements of one or more ledgers."""

    def __init__(self, keys: Sequence[NoteKey]) -> None:
        self.keys = tuple(keys)

    def verify(self, head: SignedHead) -> None:
        """Check that a key with the ledger's name signed a statement. Raises `BadSignature`."""
        head.note.verify(key for key in self.keys if key.name == head.statement.ledger)

    def to_jwks(self) -> dict[str, Any]:
        """Return the keys as a JWK set (RFC 7517, RFC 8037); `kid` is name and key id."""
        return {
            "keys": [
                {
                    "kty": "OKP",
                    "crv": "Ed25519",
                    "use": USE,
                    "alg": "EdDSA",
                    "kid": f"{key.name}+{key.id.hex()}",
                    "x": encode_base64url(key.public),
                }
                for key in self.keys
            ]
        }

    @classmethod
    def from_jwks(cls, document: Mapping[str, Any]) -> "HeadKeys":
        """Return the keys of a JWK set whose `use` is `USE`; others are left out.

        Raises:
            MalformedNote: it is no JWK set, or a key of this use is not an Ed25519 key.
        """
        try:
            return cls([_parse_jwk(key) for key in document["keys"] if key.get("use") == USE])
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise MalformedNote(why=f"the key document cannot be read ({error})") from None


def list_in_force(heads: Iterable[SignedHead]) -> list[SignedHead]:
    """Return the statements that the ledger must agree with, oldest first, each once.

    A statement after an accepted loss replaces those between the last kept row and the head that
    it names. They are left out; everything else is in force.
    """
    ordered = sorted(
        {head.note.text: head for head in heads}.values(), key=lambda h: h.statement.at
    )
    in_force: list[SignedHead] = []
    for head in ordered:
        loss = head.statement.loss
        if loss is not None:
            in_force = [old for old in in_force if not _is_replaced(old.statement, loss)]
        in_force.append(head)
    return in_force


def _is_replaced(old: HeadStatement, loss: AcceptedLoss) -> bool:
    within = all(old.heads[chain][0] <= loss.replaced[chain][0] for chain in CHAINS)
    return within and any(old.heads[chain][0] > loss.kept[chain] for chain in CHAINS)


def _parse_jwk(key: Mapping[str, Any]) -> NoteKey:
    if (key["kty"], key["crv"]) != ("OKP", "Ed25519"):
        raise ValueError(f"kty {key['kty']!r}")
    name, _, _ = key["kid"].partition("+")
    return NoteKey(name, base64.urlsafe_b64decode(key["x"] + "=" * (-len(key["x"]) % 4)))


def _format_head(head: ChainHead) -> str:
    return f"{head[0]} {head[1]}"


def _parse_heads(cells: Sequence[str]) -> Heads:
    return {chain: (int(cells[2 * at]), cells[2 * at + 1]) for at, chain in enumerate(CHAINS)}


def _parse_counts(line: str) -> dict[str, int]:
    words = line.split()[1:]
    return dict(zip(words[::2], map(int, words[1::2]), strict=True))


def _parse_recall(line: str) -> StatedRecall:
    _, audit, content = line.split(" ", 2)
    try:
        json.loads(content)
    except ValueError:
        raise MalformedNote(why="a recall is not a JSON object") from None
    return StatedRecall(int(audit), content)
