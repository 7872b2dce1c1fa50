"""Help for a code that nobody can read or no stamp has: message, and field to type it again."""

from html import escape
from typing import Final

from stamps.typed_text import DASHES, MIDDLE_DOTS, normalize_typed_text
from web.i18n import Texts

ECHOED: Final = 40
"""Characters of a mistyped code that the page repeats."""
_BETWEEN: Final = frozenset(f" .{DASHES}{MIDDLE_DOTS}")
"""Characters that may stand between the groups of a code."""
_WRITTEN: Final = frozenset("0123456789ABCDEFGHJKMNPQRSTVWXYZOIL")


def render_hint(words: Texts, kind: str, typed: str) -> bytes:
    """Return the flaw of the typed code; `words` escape what they are filled with."""
    written = normalize_typed_text(typed).upper()
    letters = [c for c in written if c not in _BETWEEN]
    lines = []
    if typed:
        lines.append(f'{words("home.typed")}: <b class="typed">{escape(typed[:ECHOED])}</b>')
    if kind == "unread":
        foreign = sorted({c for c in letters if c not in _WRITTEN})
        if foreign:
            shown = escape(" ".join(foreign)[:ECHOED])
            lines.append(words("home.letters", letters=shown))
        if len(letters) != 20:
            lines.append(words("home.length", count=len(letters)))
    else:
        lines.append(words("verdict.unknown.advice"))
    body = "".join(f"<p>{line}</p>" for line in lines)
    return f'<section class="card notice">{body}</section>'.encode()


def render_code_input(typed: str) -> bytes:
    """The field for the code. It is no template: fragments are padded, and a value must not be."""
    return (
        '<input id="code" name="code" class="typed" autocomplete="off" autocapitalize="characters"'
        ' spellcheck="false" maxlength="1000" required aria-describedby="hint"'
        f' value="{escape(typed[:ECHOED])}">'
    ).encode()
