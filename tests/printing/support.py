"""Print runs with deterministic codes, signatures and PINs."""

import base64
import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from printing import PrintRun
from stamps import signature

ALPHABET = np.frombuffer(b"0123456789ABCDEFGHJKMNPQRSTVWXYZ", np.uint8)


def strings(tag: bytes, keys: NDArray[Any], width: int) -> NDArray[Any]:
    """One string of Crockford letters for each key."""
    rows = [
        np.frombuffer(hashlib.shake_256(tag + str(key).encode()).digest(width), np.uint8) & 31
        for key in keys
    ]
    letters = ALPHABET[np.array(rows, np.uint8).reshape(len(keys), width)]
    return np.ascontiguousarray(letters).view(f"S{width}").ravel()


def seal(lo: int, hi: int) -> NDArray[Any]:
    return strings(b"code", np.arange(lo, hi), 20)


def sign(codes: NDArray[Any]) -> NDArray[Any]:
    raw = [hashlib.sha512(code).digest() for code in codes.tolist()]
    return signature.encode_signatures(
        np.frombuffer(b"".join(raw), np.uint8).reshape(len(codes), 64)
    )


def uris(run: PrintRun, lo: int, hi: int) -> list[str]:
    """Return the URIs that the symbols of [lo, hi) must contain, built one by one."""
    codes = [c.decode() for c in run.seal(lo, hi)]
    root = f"{run.scheme}://{run.host}"
    start = f"{root}/01/{run.gtin}/21/" if run.gtin else f"{root}/S/"
    if run.grade == "sealed" or run.sign is None:
        return [start + code for code in codes]
    signatures = [s.decode() for s in run.sign(run.seal(lo, hi))]
    if run.gtin:
        signatures = ["?8030=" + gs1_signature(s) for s in signatures]
    else:
        signatures = ["." + s for s in signatures]
    return [start + c + s for c, s in zip(codes, signatures, strict=True)]


def gs1_signature(base32: str) -> str:
    """Return the signature in the form of AI (8030)."""
    return base64.urlsafe_b64encode(signature.decode_signature(base32)).decode().rstrip("=")


def pins(codes: NDArray[Any]) -> NDArray[Any]:
    """A PIN of eight characters for each code."""
    return strings(b"pin", codes, 8)
