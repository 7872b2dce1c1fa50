"""Header fields that every response of both services carries, and Content-Security-Policy."""

import base64
import hashlib
from collections.abc import Mapping
from typing import Final

SECURITY_HEADERS: Final[Mapping[str, str]] = {
    "Server": "veritem",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""For every response."""

NO_STORE: Final[Mapping[str, str]] = {"Cache-Control": "no-store"}
"""For every response that depends on who asks, or when."""

IMMUTABLE: Final[Mapping[str, str]] = {"Cache-Control": "public, max-age=31536000, immutable"}
"""For what never changes at its address."""

SANDBOX: Final[Mapping[str, str]] = {"Content-Security-Policy": "default-src 'none'; sandbox"}
"""For a file that somebody uploaded: opened by itself, it runs nothing."""


def hash_source(text: str) -> str:
    """The CSP source expression that allows exactly this inline script or style.

    >>> hash_source("")
    "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
    """
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def content_security_policy(
    *,
    style: str = "'none'",
    script: str = "'none'",
    image: str = "'none'",
    connect: str = "'none'",
    form: str = "'self'",
    more: Mapping[str, str] | None = None,
) -> str:
    """A policy (CSP level 3) that allows the named sources and nothing else.

    >>> content_security_policy(style="'self'")[:54]
    "default-src 'none'; style-src 'self'; script-src 'none"
    """
    directives = {
        "default-src": "'none'",
        "style-src": style,
        "script-src": script,
        "img-src": image,
        "connect-src": connect,
        "form-action": form,
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
        **(more or {}),
    }
    return "; ".join(f"{name} {sources}" for name, sources in directives.items())
