"""Signed manifest of a bundle: its files, their sizes and digests.

A manifest is canonical JSON (sorted keys, no blanks, UTF-8). Its field ``signature`` is the
issuer's signature of the same document without it (`stamps.detached_signature`). Nothing in it
depends on the clock, so the same bundle has the same manifest.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from printing.bundles.bundle import Bundle, BundlePart, BundleProgress
from printing.bundles.files import FileDigest, digest_file
from printing.errors import ManifestRefused, PartsDiffer
from stamps import detached_signature
from stamps.errors import BadSignature
from stamps.signature import PublicKeys

NAME = "manifest.json"
TICKET = "ticket.json"
VERSION = "print-manifest/1"

SignManifest = Callable[[bytes], Mapping[str, str]]


@dataclass(frozen=True)
class DeliveredPart:
    """A delivered part. ``file`` is the name on disk, ``.age`` when encrypted;
    ``size`` and ``sha256`` are of the content, ``file_size`` and ``file_sha256`` of that file.
    """

    name: str
    first: int
    last: int
    size: int
    sha256: str
    file: str
    file_size: int
    file_sha256: str

    @classmethod
    def from_files(
        cls, part: BundlePart, content: FileDigest, file: str, written: FileDigest
    ) -> "DeliveredPart":
        """The record of a part and its written file."""
        return cls(
            name=part.name,
            first=part.lo,
            last=part.hi - 1,
            size=content.size,
            sha256=content.sha256,
            file=file,
            file_size=written.size,
            file_sha256=written.sha256,
        )


def encode_canonical(document: Mapping[str, Any]) -> bytes:
    """The canonical bytes of a document, which are signed.

    >>> encode_canonical({"b": 1, "a": "lô"}).decode()
    '{"a":"lô","b":1}'
    """
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS)


def build_manifest(
    bundle: Bundle, parts: Iterable[DeliveredPart], ticket: FileDigest, recipients: Iterable[str]
) -> dict[str, Any]:
    """Build the document of a bundle whose files are written."""
    run = bundle.run
    return {
        "veritem": VERSION,
        "batch": run.batch,
        "grade": run.grade,
        "gtin": run.gtin,
        "first": run.lo,
        "last": run.hi - 1,
        "count": run.count,
        "format": bundle.form,
        "design": bundle.design.name,
        "parts": [asdict(part) for part in parts],
        "ticket": {"file": TICKET, "size": ticket.size, "sha256": ticket.sha256},
        "encrypted_for": sorted(recipients),
    }


def encode_signed(document: Mapping[str, Any], sign_manifest: SignManifest) -> bytes:
    """The bytes of the manifest's file: the document with the issuer's signature."""
    signature = dict(sign_manifest(encode_canonical(document)))
    return encode_canonical({**document, "signature": signature}) + b"\n"


def verify_manifest(manifest_bytes: bytes, keys: Mapping[str, Any]) -> None:
    """Check a manifest's signature against the issuer's published JWK set.

    Raises `ManifestRefused` when it is not a manifest, was changed, or is signed by a key outside
    the set.
    """
    document = parse_manifest(manifest_bytes)
    signature = document.pop("signature", None)
    try:
        detached_signature.verify_detached(
            encode_canonical(document), signature, PublicKeys.from_jwks(keys)
        )
    except BadSignature as wrong:
        raise ManifestRefused(why=str(wrong)) from wrong


def parse_manifest(manifest_bytes: bytes) -> dict[str, Any]:
    """Parse a manifest without checking its signature. Raises `ManifestRefused`."""
    try:
        document = orjson.loads(manifest_bytes)
    except orjson.JSONDecodeError as wrong:
        raise ManifestRefused(why=f"it is not JSON: {wrong}") from wrong
    if not isinstance(document, dict) or document.get("veritem") != VERSION:
        raise ManifestRefused(why=f"it is not a {VERSION}")
    # Only one reading: of a repeated key, for one, some readers take the second value.
    if encode_canonical(document) != manifest_bytes.rstrip(b"\n"):
        raise ManifestRefused(why="it is not in the canonical form that was signed")
    return document


def check_files(
    manifest_bytes: bytes,
    directory: Path,
    progress: Callable[[BundleProgress], None] | None = None,
) -> None:
    """Compare the files in ``directory`` with the manifest. Raises `PartsDiffer` naming them.

    A part may be present encrypted or decrypted (under its own name); either is checked.
    """
    document = parse_manifest(manifest_bytes)
    wrong: dict[str, str] = {}
    done = 0
    for part in document["parts"]:
        encrypted, plain = directory / part["file"], directory / part["name"]
        if encrypted.is_file():
            expected = FileDigest(part["file_size"], part["file_sha256"])
            why = _difference(encrypted, expected)
        else:
            why = _difference(plain, FileDigest(part["size"], part["sha256"]))
        if why:
            wrong[part["file"]] = why
        done += part["last"] - part["first"] + 1
        if progress:
            progress(BundleProgress(done, document["count"], part["file"]))
    entry = document["ticket"]
    if why := _difference(directory / entry["file"], FileDigest(entry["size"], entry["sha256"])):
        wrong[entry["file"]] = why
    if wrong:
        listed = "; ".join(f"{name} {why}" for name, why in sorted(wrong.items())[:5])
        raise PartsDiffer(count=len(wrong), why=listed, parts=wrong)


def _difference(path: Path, expected: FileDigest) -> str | None:
    """Return what is wrong with a file, None if nothing is."""
    if not path.is_file():
        return "is missing"
    if path.stat().st_size != expected.size:
        return f"has {path.stat().st_size} bytes, not {expected.size}"
    return None if digest_file(path) == expected else "was changed"
