"""SVG icons of the verdicts. Each has a shape of its own, so colour is never the only sign."""

from typing import Final

_SEAL: Final = (
    "M50 4l9.6 6.9 11.8-1.2 4.9 10.8 10.8 4.9-1.2 11.8L92.8 47l-6.9 9.6 1.2 11.8-10.8 4.9"
    "-4.9 10.8-11.8-1.2L50 89.8l-9.6-6.9-11.8 1.2-4.9-10.8-10.8-4.9 1.2-11.8L7.2 47l6.9-9.6"
    "-1.2-11.8 10.8-4.9 4.9-10.8 11.8 1.2z"
)
_OCTAGON: Final = "M32 6h36l26 26v36L68 94H32L6 68V32z"


def _svg(body: str) -> str:
    return (
        '<svg viewBox="0 0 100 100" fill="none" stroke="currentColor" stroke-width="7" '
        f'stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">{body}</svg>'
    )


def _round(body: str) -> str:
    return _svg(f'<circle cx="50" cy="50" r="43"/>{body}')


ICONS: Final[dict[str, str]] = {
    # A filled seal with a check cut out of it: the only filled shape says "genuine".
    "authentic": (
        '<svg viewBox="0 0 100 94" aria-hidden="true">'
        f'<path fill="#fff" d="{_SEAL}"/>'
        '<path d="M31 48l13 13 25-27" fill="none" stroke="#0b6b3e" stroke-width="10" '
        'stroke-linecap="round" stroke-linejoin="round"/></svg>'
    ),
    "caution": _svg('<path d="M50 9L94 88H6z"/><path d="M50 37v25M50 75v.5" stroke-width="9"/>'),
    # Two stamps, one over the other: a copy.
    "suspect": _svg(
        '<path d="M33 27V12h55v56H72"/><path d="M12 30h56v58H12z"/>'
        '<path d="M40 43v22M40 76v.5" stroke-width="8"/>'
    ),
    # An envelope: a report is on its way.
    "sent": _svg('<path d="M8 22h84v56H8z"/><path d="M8 24l42 32 42-32"/>'),
    "inactive": _round('<path d="M50 25v26l17 11"/>'),
    "suspended": _round('<path d="M39 34v32M61 34v32" stroke-width="9"/>'),
    "recalled": _svg(
        f'<path d="{_OCTAGON}"/><path d="M36 63h20a13 13 0 0 0 0-26H32M42 27L32 37l10 10"/>'
    ),
    "void": _round('<path d="M20 20l60 60"/>'),
    "expired": _svg(
        '<path d="M26 8h48M26 92h48M31 8c0 24 14 30 19 42M69 8c0 24-14 30-19 42'
        'M31 92c0-24 14-30 19-42M69 92c0-24-14-30-19-42"/>'
    ),
    "unknown": _round('<path d="M37 38a13.5 13.5 0 1 1 19 12c-4 2-6 5-6 10M50 75v.5"/>'),
    "unread": _svg(
        '<path d="M10 34V10h24M66 10h24v24M90 66v24H66M34 90H10V66M28 50h6M47 50h6M66 50h6"/>'
    ),
    # A symbol of which one corner is missing.
    "unsigned": _svg(
        '<path d="M12 12h28v28H12zM60 12h28v28H60zM12 60h28v28H12z"/>'
        '<path d="M62 62l24 24M86 62L62 86"/>'
    ),
    "unsure": _svg(
        '<path d="M30 74a19 19 0 1 1 2-38 24 24 0 0 1 45 7 16 16 0 0 1 0 31z"/>'
        '<path d="M43 51l14 14M57 51L43 65"/>'
    ),
}
"""Icons by verdict, and `unread` (not a code) `unsure` (a part could not be checked) and
`unsigned` (the signature was not seen)."""

MARK: Final = (
    f'<svg viewBox="0 0 100 94" aria-hidden="true"><path fill="currentColor" d="{_SEAL}"/>'
    '<path d="M30 40c6 22 14 28 20 28s14-6 20-28" fill="none" stroke="#fff" stroke-width="9" '
    'stroke-linecap="round"/></svg>'
)
"""The logo beside the name."""

FRUIT: Final = (
    '<svg viewBox="0 0 60 60" aria-hidden="true">'
    '<path d="M30 15c14 0 22 8 22 20S43 56 30 56 8 47 8 35s8-20 22-20z" fill="#8fa63a"/>'
    '<path d="M30 15V6c0-2 4-2 5-3" stroke="#6b4a22" stroke-width="4" fill="none" '
    'stroke-linecap="round"/><path fill="#5d7322" d="M15 27l3-6 3 6zM27 25l3-6 3 6zM39 27l3-6 3 6z'
    "M11 38l3-6 3 6zM21 38l3-6 3 6zM33 38l3-6 3 6zM43 38l3-6 3 6zM16 49l3-6 3 6zM27 49l3-6 3 6z"
    'M38 49l3-6 3 6z"/></svg>'
)
"""A fruit beside the name of the produce."""
