"""Errors that carry their evidence; every refusal in Veritem is a `VeritemError`.

The class names the rule that was broken. `code` is the slug in the interfaces (RFC 9457 `type`,
translations, `--json`). Attributes hold the evidence, so that no caller has to parse a message.

>>> try:
...     raise MalformedCode(text="ABC", why="a code has 20 characters, this one has 3")
... except VeritemError as refusal:
...     print(refusal.code, refusal.evidence)
malformed-code {'text': 'ABC', 'why': 'a code has 20 characters, this one has 3'}
"""

from typing import Any, ClassVar


class VeritemError(Exception):
    """A refusal; its keyword arguments are its evidence and its attributes."""

    code: ClassVar[str] = "refused"
    message: ClassVar[str] = "refused"

    def __init__(self, **evidence: Any) -> None:
        self.evidence = evidence
        super().__init__(self.message.format_map(_Known(evidence)))

    def __getattr__(self, name: str) -> Any:
        evidence = self.__dict__.get("evidence", {})
        if name in evidence:
            return evidence[name]
        raise AttributeError(name)


class _Known(dict[str, Any]):
    """Evidence for a message; what was not given is shown as a question mark."""

    def __missing__(self, key: str) -> str:
        return "?"


class MalformedCode(VeritemError):
    """The text cannot be a code: another length, or a character that codes do not use."""

    code = "malformed-code"
    message = "not a stamp code: {why}"


class UnknownCode(VeritemError):
    """The text has the form of a code, but no key of the ring sealed it."""

    code = "unknown-code"
    message = "no stamp with this code was issued"


class BadSignature(VeritemError):
    """The signature of a code or a document is not the issuer's."""

    code = "bad-signature"
    message = "not the issuer's signature: {why}"


class WrongPassphrase(VeritemError):
    """A secret cannot be decrypted: another passphrase, or the envelope was altered."""

    code = "wrong-passphrase"
    message = "the passphrase does not open {what}"


class OutOfRange(VeritemError):
    """A number does not fit the code: epoch 0-31, batch and index below 2**24."""

    code = "out-of-range"
    message = "{what} must be from {low} to {high}, not {value}"
