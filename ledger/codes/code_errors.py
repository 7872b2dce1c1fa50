"""Errors of registration codes: why no stamp is bound under a code, and refused changes."""

from typing import Final

from stamps.errors import VeritemError


class CodeNotUsable(VeritemError):
    """A growing area or packing house that a lot names forbids to bind stamps to the lot."""

    code = "code-not-usable"
    message = "no stamp is bound under the code {place}"


class CodeRevoked(CodeNotUsable):
    """The code was revoked."""

    code = "code-revoked"
    message = "the code {place} was revoked ({reason}); no stamp is bound under it"


class CodeSuspended(CodeNotUsable):
    """The code is suspended."""

    code = "code-suspended"
    message = "the code {place} is suspended ({reason}); no stamp is bound under it"


class CodeOutOfDate(CodeNotUsable):
    """The code is not valid yet, or no longer."""

    code = "code-out-of-date"
    message = "the code {place} is valid from {first} to {last}; today is {today}"


class CodeNotRegistered(CodeNotUsable):
    """Codes of this kind must be registered, and this one is not."""

    code = "code-not-registered"
    message = "the code {place} is not registered, and a {kind} must be"


class CodeLikeAnother(CodeNotUsable):
    """The code is not registered, and differs from a registered one by marks only: `DL`, `ĐL`."""

    code = "code-like-another"
    message = "the code {place} is not registered; {registered} is, which looks the same"


CODE_REFUSALS: Final[tuple[type[CodeNotUsable], ...]] = (
    CodeRevoked,
    CodeSuspended,
    CodeOutOfDate,
    CodeNotRegistered,
    CodeLikeAnother,
)
"""Why no stamp is bound to a lot that names a code, and no lot newly names it."""


class CodeChanged(VeritemError):
    """The registered code was changed since the caller read it."""

    code = "code-changed"
    message = "the code {place} was changed since: it has version {version} now"


class CodeExists(VeritemError):
    """The code is registered already."""

    code = "code-exists"
    message = "the code {place} is registered already"


class ImportOutdated(VeritemError):
    """The registry was changed since the difference was shown; nothing was applied."""

    code = "import-outdated"
    message = "the registry was changed since; look at the difference again"
