"""Key of an enrolled device: a private JWK (RFC 8037) in a file for its owner alone.

`kid` is the id of the device; it is absent until the desk has answered the enrolment. The file is
written before the key is sent: when the answer is lost, the same command completes the enrolment.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cli.opening_keys import read_json_object
from cli.output import CommandRefused
from cli.output_file import write_output_file
from ledger.storage.private_file import narrow_mode
from stamps.base64url import encode_base64url
from stamps.compact_jws import KEY_BYTES, decode_base64url


@dataclass(frozen=True, slots=True)
class DeviceKey:
    """The private key of a device, and the device's id once it is enrolled."""

    key: Ed25519PrivateKey
    device: str | None = None

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a key. Raises `CommandRefused`."""
        document = read_json_object(path)
        narrow_mode(path)
        raw = decode_base64url(document.get("d"), KEY_BYTES)
        device = document.get("kid")
        if raw is None or not isinstance(device, str | None):
            raise CommandRefused(why=f"{path} is not the key of a device")
        return cls(Ed25519PrivateKey.from_private_bytes(raw), device)

    @classmethod
    def load_or_create(cls, path: Path) -> Self:
        """Read a key that waits for its enrolment, or make one. Raises `CommandRefused`."""
        if not path.exists():
            made = cls(Ed25519PrivateKey.generate())
            made.save(path)
            return made
        known = cls.load(path)
        if known.device is not None:
            why = f"{path} is the key of device {known.device}; name another file"
            raise CommandRefused(why=why)
        return known

    def enrolled_as(self, device: str) -> "DeviceKey":
        """Return the key with the device's id."""
        return replace(self, device=device)

    def save(self, path: Path) -> None:
        """Write the key, whole or not at all. Raises `CommandRefused`."""
        document = {
            "kty": "OKP",
            "crv": "Ed25519",
            "x": encode_base64url(self.key.public_key().public_bytes_raw()),
            "d": encode_base64url(self.key.private_bytes_raw()),
        }
        if self.device is not None:
            document["kid"] = self.device
        write_output_file(path, orjson.dumps(document, option=orjson.OPT_INDENT_2) + b"\n")
