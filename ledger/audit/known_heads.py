"""Known heads: signed statements as the places keep them, read and checked.

A file holds JSONL (a folder's or a collector's file, a mail's attachment), a mail as it was saved
(`.eml`), or notes as text. A folder holds `*.jsonl` in the order of their names. Lines that a crash
cut off, and statements that no known key signed, are set aside with the reason.
"""

import email.policy
import json
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Final

from ledger.audit.head_statement import FORMAT, HeadKeys, SignedHead, list_in_force
from stamps.errors import BadSignature, VeritemError
from stamps.signed_note import MalformedNote

_TAIL_BYTES: Final = 1 << 18
"""Bytes at the end of the last file that are read for the newest head."""
_NOTE: Final = re.compile(rf"^\S+\n{FORMAT}\n(?:.+\n)+\n(?:— .+\n)+", re.MULTILINE)


class UnreadableHeads(VeritemError):
    """Heads that should be known cannot be read, or none of them is signed by a known key."""

    code = "unreadable-heads"
    message = "the signed heads in {path} cannot be used: {why}"


@dataclass(slots=True)
class KnownHeads:
    """Verified heads, and what was set aside."""

    heads: list[SignedHead] = field(default_factory=list)
    set_aside: list[str] = field(default_factory=list)
    """Why a line or a note does not count; at most one line each."""

    @property
    def in_force(self) -> list[SignedHead]:
        """The heads that the ledger must agree with, oldest first."""
        return list_in_force(self.heads)


def read_heads(path: Path, keys: HeadKeys) -> KnownHeads:
    """Read all heads of a file or a folder.

    Raises:
        UnreadableHeads: the path cannot be read, or it has no head that a known key signed.
    """
    known = KnownHeads()
    try:
        for file in _list_files(path):
            _collect(_iterate_notes(file.name, file.read_bytes()), keys, known)
    except OSError as error:
        raise UnreadableHeads(path=str(path), why=error.strerror or str(error)) from error
    if not known.heads:
        why = known.set_aside[0] if known.set_aside else "there is none"
        raise UnreadableHeads(path=str(path), why=why)
    return known


def read_newest_head(path: Path, keys: HeadKeys) -> SignedHead | None:
    """Return the newest head of a file or a folder, from its end; None before the first push.

    Raises:
        UnreadableHeads: the path cannot be read, or its end has no head that a known key signed.
    """
    try:
        if path.is_dir() and not _list_files(path):
            return None
        for file in reversed(_list_files(path)):
            known = KnownHeads()
            _collect(_iterate_notes(file.name, _read_tail(file)), keys, known)
            if known.heads:
                return max(known.heads, key=lambda head: head.statement.at)
            if known.set_aside:
                raise UnreadableHeads(path=str(file), why=known.set_aside[-1])
    except OSError as error:
        raise UnreadableHeads(path=str(path), why=error.strerror or str(error)) from error
    return None


def _list_files(path: Path) -> list[Path]:
    return sorted(path.glob("*.jsonl")) if path.is_dir() else [path]


def _read_tail(file: Path) -> bytes:
    with file.open("rb") as content:
        size = content.seek(0, os.SEEK_END)
        content.seek(max(0, size - _TAIL_BYTES))
        tail = content.read()
    # The first line of a tail is cut.
    return tail if size <= _TAIL_BYTES else tail.partition(b"\n")[2]


def _collect(notes: Iterable[str], keys: HeadKeys, known: KnownHeads) -> None:
    for note in notes:
        try:
            head = SignedHead.parse(note)
            keys.verify(head)
        except (MalformedNote, BadSignature) as refusal:
            known.set_aside.append(str(refusal))
        else:
            known.heads.append(head)


def _iterate_notes(name: str, content: bytes) -> Iterator[str]:
    if name.endswith(".eml"):
        mail = email.message_from_bytes(content, policy=email.policy.default)
        for part in mail.walk():
            if isinstance(part, EmailMessage) and part.get_content_maintype() == "text":
                text: str = part.get_content()
                yield from _iterate_text(text.replace("\r\n", "\n"))
    else:
        text = content.decode("utf-8-sig", errors="replace")
        yield from _iterate_text(text.replace("\r\n", "\n"))


def _iterate_text(text: str) -> Iterator[str]:
    """Iterate over the notes of a text: JSON lines, or notes between other lines."""
    if not text.lstrip().startswith("{"):
        yield from _NOTE.findall(text if text.endswith("\n") else text + "\n")
        return
    for line in text.splitlines():
        if line.strip():
            try:
                note = json.loads(line)["note"]
            except (ValueError, KeyError, TypeError):
                note = None
            yield note if isinstance(note, str) else f"no head: {line[:80]!r}"
