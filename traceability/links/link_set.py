"""The links of one anchor, and what a link may be.

A link leads to an https address of a host that its owner has stated: nothing that a browser runs,
no port, no user name, no host of a private network. So no link of ours leads to a place that nobody
answers for.

The first link of an anchor is its default; the order is the owner's.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final, Self
from urllib.parse import urlsplit

from stamps.errors import VeritemError
from traceability.document_fields import check_text
from traceability.links.link_types import parse_link_type
from web.public_address import may_be_public
from web.validation import RefusedValue

MOST_LINKS: Final = 40
"""Links of one anchor."""
LONGEST_ADDRESS: Final = 1000
LONGEST_TITLE: Final = 120
_MOST_LANGUAGES: Final = 10
_MOST_CONTEXTS: Final = 10
# RFC 3986, without what a browser reads otherwise than we do (backslashes, blanks, controls).
_ADDRESS: Final = re.compile(r"https://[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")
_LANGUAGE_TAG: Final = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
"""BCP 47: language, script, region."""
_MEDIA_TYPE: Final = re.compile(
    r"(application|audio|font|image|message|model|multipart|text|video)/[a-z0-9][a-z0-9.+\-]{0,99}"
)
"""A media type as IANA registers it (RFC 6838), without parameters."""
_CONTEXT: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_\-]{0,31}")


class MalformedLink(VeritemError):
    """Fields of a link have values that a link may not have.

    `flaws` names each field, why it is refused and what is expected; `field` and `why` are of the
    first.
    """

    code = "malformed-link"
    message = "{field}: {why}"

    def __init__(self, flaws: Sequence[Mapping[str, Any]]) -> None:
        super().__init__(**flaws[0], flaws=tuple(flaws))


@dataclass(frozen=True, slots=True)
class LinkTarget:
    """A link: where it leads to, as what, and for whom."""

    type: str
    """A link type of the GS1 Web Vocabulary, without its namespace."""
    href: str
    title: str
    hreflang: tuple[str, ...] = ()
    """Languages of what it leads to; none: any."""
    media_type: str | None = None
    context: tuple[str, ...] = ()
    """Contexts that it is for, such as a country; none: any."""

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """The link of the JSON object that the ledger keeps."""
        lists = {name: tuple(document.get(name, ())) for name in ("hreflang", "context")}
        return cls(**{**document, **lists})

    def to_document(self) -> dict[str, Any]:
        """The link as a JSON object, empty fields left out."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
            if value
        }

    @property
    def host(self) -> str:
        """The host that it leads to, in lower case."""
        return urlsplit(self.href).hostname or ""


@dataclass(frozen=True, slots=True)
class LinkSet:
    """The links of an anchor, in their owner's order."""

    anchor: str
    description: str
    links: tuple[LinkTarget, ...]

    @classmethod
    def from_documents(
        cls,
        anchor: str,
        description: str,
        documents: Iterable[Mapping[str, Any]],
        hosts: Collection[str],
    ) -> Self:
        """The links of the ledger that may be followed: those to `hosts`."""
        links = map(LinkTarget.from_document, documents)
        return cls(anchor, description, tuple(link for link in links if link.host in hosts))

    @property
    def default(self) -> LinkTarget | None:
        """The link that answers a request that asks for none."""
        return self.links[0] if self.links else None


def check_link(link: LinkTarget, hosts: Collection[str]) -> LinkTarget:
    """The link in canonical form. `hosts` are those that its owner has stated.

    Raises:
        MalformedLink: naming every field at fault.
    """
    flaws: list[Mapping[str, Any]] = []

    def refuse(field: str, why: str, expected: str) -> None:
        flaws.append({"field": field, "why": why, "expected": expected})

    kind = parse_link_type(link.type)
    if kind is None:
        refuse("type", "is not a link type of the GS1 Web Vocabulary", "choose")
    href = link.href.strip()
    if why := _find_address_flaw(href):
        refuse("href", why, "link_address")
    elif urlsplit(href).hostname not in hosts:
        refuse("href", "leads to a host that the organisation has not stated", "link_host")
    title = ""
    try:
        title = check_text(link.title)
        if len(title) > LONGEST_TITLE:
            refuse("title", f"is longer than {LONGEST_TITLE} characters", "link_title")
    except RefusedValue as error:
        refuse("title", str(error), "missing" if error.rule == "empty" else "link_title")
    if len(link.hreflang) > _MOST_LANGUAGES or not all(map(_is_language_tag, link.hreflang)):
        refuse("hreflang", "are not language tags such as vi or zh-Hans", "link_languages")
    media_type = link.media_type.strip().lower() if link.media_type else None
    if media_type is not None and _MEDIA_TYPE.fullmatch(media_type) is None:
        refuse("media_type", "is not a media type such as text/html", "media_type")
    if len(link.context) > _MOST_CONTEXTS or not all(map(_CONTEXT.fullmatch, link.context)):
        refuse("context", "are not words such as VN", "link_context")
    if flaws or kind is None:
        raise MalformedLink(flaws)
    return replace(
        link,
        type=kind,
        href=href,
        title=title,
        hreflang=tuple(dict.fromkeys(link.hreflang)),
        media_type=media_type,
        context=tuple(dict.fromkeys(link.context)),
    )


def check_host(text: str) -> str:
    """A host that links may lead to, in lower case.

    >>> check_host(" WWW.Tanphuoc.VN "), check_host("https://tanphuoc.vn/")
    ('www.tanphuoc.vn', 'tanphuoc.vn')

    Raises:
        MalformedLink: it is no public name.
    """
    name = text.strip().lower().removeprefix("https://").rstrip("/")
    if _find_address_flaw(f"https://{name}/") or "/" in name or name.replace(".", "").isdigit():
        why = f"{text.strip()!r} is not the public name of a host, such as www.example.vn"
        raise MalformedLink([{"field": "hosts", "why": why, "expected": "link_hosts"}])
    return name


def insert_link(links: Sequence[LinkTarget], link: LinkTarget, at: int) -> tuple[LinkTarget, ...]:
    """The links with one more, at a place from 0 on."""
    return (*links[:at], link, *links[at:])


def remove_link(links: Sequence[LinkTarget], at: int) -> tuple[LinkTarget, ...]:
    """The links without the one at a place."""
    return (*links[:at], *links[at + 1 :])


def _find_address_flaw(href: str) -> str | None:
    """Why an address may not be linked to; None if it may."""
    if len(href) > LONGEST_ADDRESS:
        return f"is longer than {LONGEST_ADDRESS} characters"
    if _ADDRESS.fullmatch(href) is None:
        return "is not an address that begins with https:// and has the characters of addresses"
    try:
        parts = urlsplit(href)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        return str(error)
    if "@" in parts.netloc or port is not None or parts.netloc.lower() != host:
        return "must have a host alone before its path: no user name, no port"
    if not may_be_public(host):
        return "must lead to a public host"
    return None


def _is_language_tag(text: str) -> bool:
    return _LANGUAGE_TAG.fullmatch(text) is not None
