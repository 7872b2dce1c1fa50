"""Which of the three languages a page speaks: the visible switch, then Accept-Language."""

from functools import lru_cache
from typing import Final, Literal, get_args

Language = Literal["vi", "en", "zh"]
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
"""Vietnamese first: it is also what a reader of any other language is given by default."""


def switched(query: str) -> Language | None:
    """The language that the switch on the page asks for: `lang=` in a query string.

    >>> switched("lang=en"), switched("8030=X&lang=zh"), switched("lang=fr"), switched("")
    ('en', 'zh', None, None)
    """
    for language in LANGUAGES:
        if f"lang={language}" in query:
            return language
    return None


@lru_cache(maxsize=1024)
def accepted(header: str) -> Language:
    """Choose by an Accept-Language header (RFC 9110, 12.5.4); what can not be read is passed over.

    >>> accepted("en-GB,en;q=0.9,vi;q=0.8"), accepted("zh-TW"), accepted("fr"), accepted("")
    ('en', 'zh', 'vi', 'vi')
    >>> accepted("vi;q=0.1, en;q=0.5"), accepted("en;q=0"), accepted("*"), accepted(";;q=,")
    ('en', 'vi', 'vi', 'vi')
    """
    best: Language = "vi"
    weight = 0.0
    for part in header[:200].split(","):
        tag, _, quality = part.partition(";")
        primary = tag.strip().lower().partition("-")[0]
        for language in LANGUAGES:
            if language == primary and (q := _quality(quality)) > weight:
                best, weight = language, q
    return best


def _quality(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if not parameter.strip():
        return 1.0
    try:
        return min(1.0, float(value)) if name.strip().lower() == "q" else 0.0
    except ValueError:
        return 0.0
