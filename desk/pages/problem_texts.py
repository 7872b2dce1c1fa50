"""Refusals as people see them: title, conflicts, missing items, hints, details."""

from collections.abc import Mapping
from typing import Any, Final

from desk.forms.refusals import ShownRefusal
from traceability.diary.entry_kinds import load_entry_kinds
from traceability.lot_profiles import list_labels
from web.i18n import Texts, format_number

_DETAILED: Final = frozenset(
    {
        "malformed-event",
        "malformed-lot",
        "malformed-table",
        "sheet-too-large",
        "unreadable-text",
        "photo-too-large",
        "foreign-place",
        "packed-in-future",
        "packed-elsewhere",
        "lot-product-mismatch",
        "lot-confirmation-required",
        "malformed-range",
        "malformed-body",
        "control-character",
        "invalid-input",
        "report-refused",
        "span-out-of-range",
        "order-exceeded",
        "order-state",
        "weak-password",
        "out-of-range",
        "illegal-alert-decision",
    }
)
"""Refusals whose English message, shown small, says more than their translated title."""

_TEMPORARY: Final = frozenset(
    {
        *("sign-in-limited", "confirmation-limited", "invitation-limited", "sign-in-busy"),
        *("service-busy", "too-many-requests", "uploads-limited"),
    }
)
"""Refusals that pass by themselves: the page says when to try again."""
_MINUTE_SECONDS: Final = 60

_HINTS: Final[dict[str, str]] = {
    "malformed-range": "refusal.range",
    "malformed-code": "refusal.code",
    "sign-in-limited": "sign.known_hint",
}
"""Advice by refusal."""

_EXPLAINED: Final = frozenset({"readings", "expected", "most", "least"})
"""Evidence that has a hint of its own."""
_UNEXPLAINED: Final = "flaw.not_accepted"
_BY_TITLE: Final = "problem."
"""A flaw with the title of its refusal says less than the refusal's hints and detail."""


def describe_problem(refusal: ShownRefusal, texts: Texts) -> dict[str, Any]:
    """A refusal as people see it."""
    key = f"problem.{refusal.code}"
    is_known = texts.has(key)
    title = texts(key, **refusal.evidence) if is_known else texts("problem.internal")
    count = len(refusal.flaws)
    is_said = count > 0 and not any(
        flaw.text.startswith(_BY_TITLE) or flaw.text == _UNEXPLAINED for flaw in refusal.flaws
    )
    is_detailed = is_known and _has_detail(refusal) and not is_said
    return {
        "title": texts.plural("forms.flawed", count) if count else title,
        "conflicts": [
            (f"{lo}–{hi - 1}" if hi - lo > 1 else f"{lo}", hi - lo, str(state))
            for lo, hi, state in refusal.evidence.get("conflicts", ())
        ],
        "missing": list_labels(
            refusal.evidence.get("kind"), refusal.evidence.get("items", ()), texts.language
        ),
        "hints": [] if is_said else _list_hints(refusal, texts),
        "detail": refusal.detail if is_detailed else None,
    }


def translate_slug(texts: Texts, family: str, slug: str) -> str:
    """The text of a slug, or the slug itself where there is no text yet.

    Kinds of entries have their names in their tables.
    """
    if family == "entry_kind" and slug in load_entry_kinds():
        return load_entry_kinds()[slug].name[texts.language]
    key = f"{family}.{slug}"
    return texts(key) if texts.has(key) else slug


def _has_detail(refusal: ShownRefusal) -> bool:
    """Whether the English message says more than the title and the hints."""
    is_explained = not _EXPLAINED.isdisjoint(refusal.evidence)
    return refusal.code in _DETAILED and not is_explained


def _list_hints(refusal: ShownRefusal, texts: Texts) -> list[str]:
    """Return the readings that can be written instead, in the language of the page."""
    evidence = refusal.evidence
    hints: list[str] = []
    if refusal.code == "unread-lines":
        return _list_unread(evidence, texts)
    if refusal.code == "report-refused":
        hints.append(texts("refusal.line", line=evidence["line"]))
    if both := evidence.get("readings"):
        one, other = both
        typed = str(evidence.get("text", ""))
        return [*hints, texts("refusal.readings", text=typed, one=one, other=other)]
    if refusal.code in _HINTS:
        hints.append(texts(_HINTS[refusal.code]))
    if kind := evidence.get("expected"):
        hints.append(texts(f"flaw.{kind}"))
    for bound in ("most", "least"):
        if isinstance(limit := evidence.get(bound), int):
            number = format_number(limit, texts.language)
            hints.append(texts(f"refusal.{bound}", **{bound: number}))
    if refusal.code in _TEMPORARY:
        hints.append(_describe_wait(int(evidence["seconds"]), texts))
    return hints


def _list_unread(evidence: Mapping[str, Any], texts: Texts) -> list[str]:
    """Each line that cannot be read, with its reason."""
    lines = [
        texts(
            "cartons.line",
            line=line,
            text=text,
            why=_explain_line(texts, code, why),
        )
        for line, text, code, why in evidence["lines"]
    ]
    more = int(evidence["count"]) - len(lines)
    return [*lines, *([texts("cartons.more_lines", count=more)] if more > 0 else ())]


def _explain_line(texts: Texts, code: str, why: str) -> str:
    """The reason of a line at fault: of a refusal, or of a flaw; else in English."""
    keys = (f"problem.{code}", f"flaw.{code}")
    return next((texts(key) for key in keys if texts.has(key)), why)


def _describe_wait(seconds: int, texts: Texts) -> str:
    """When to try again."""
    if seconds < 2 * _MINUTE_SECONDS:
        return texts.plural("site.wait_seconds", seconds)
    return texts.plural("site.wait_minutes", -(-seconds // _MINUTE_SECONDS))
