"""JSON documents of links of GS1 keys, and of whose keys they are."""

from collections.abc import Mapping
from typing import Any

from ledger import KeyOwner, LinkSetRow
from services.documents.models import Document, Timestamp
from services.links.link_answers import LinkAnswers
from stamps.timestamps import format_rfc3339
from traceability.gs1_text import write_gs1_text
from traceability.links.anchor import split_anchor


class KeyLinkDocument(Document):
    """A link; `type` is of the GS1 Web Vocabulary, without its namespace."""

    type: str
    href: str
    title: str
    hreflang: list[str]
    media_type: str | None
    context: list[str]


class LinkSetDocument(Document):
    """The links of a GS1 key; the first one is its default."""

    id: str
    key: str
    """The key as an element string: (01)08935000000014(10)L7."""
    path: str
    """Where the public service answers it, below its address."""
    organisation: str
    description: str
    links: list[KeyLinkDocument]
    version: int
    saved_by: str
    saved_at: Timestamp


class KeyOwnerDocument(Document):
    """GS1 company prefixes of an organisation, and the hosts that its links may lead to."""

    organisation: str
    prefixes: list[str]
    hosts: list[str]


class LanguageAnswerDocument(Document):
    """What readers of a language are led to; `language` is null for every other one."""

    language: str | None
    status: int
    """Of the public service: 307 for one link, 300 for several, 404 for none."""
    path: str | None
    """The level that answers."""
    links: list[KeyLinkDocument]


class LinkAnswersDocument(Document):
    """Where a GS1 key leads to, for requests of one link type; null asks for the default."""

    type: str | None
    types: list[str]
    answers: list[LanguageAnswerDocument]


def describe_link_answers(found: LinkAnswers) -> LinkAnswersDocument:
    """The document of the answers of a key."""
    return LinkAnswersDocument(
        type=found.type,
        types=list(found.types),
        answers=[
            LanguageAnswerDocument(
                language=one.language,
                status={0: 404, 1: 307}.get(len(one.links), 300),
                path=one.anchor,
                links=[_describe_link(link.to_document()) for link in one.links],
            )
            for one in found.answers
        ],
    )


def describe_link_set(row: LinkSetRow) -> LinkSetDocument:
    """The document of a link set."""
    return LinkSetDocument(
        id=row.id,
        key=write_gs1_text(split_anchor(row.anchor)).element_string,
        path=row.anchor,
        organisation=row.organisation,
        description=row.description,
        links=[_describe_link(link) for link in row.links],
        version=row.version,
        saved_by=row.saved_by,
        saved_at=format_rfc3339(row.saved_at),
    )


def describe_key_owner(owner: KeyOwner) -> KeyOwnerDocument:
    """The document of the keys and hosts of an organisation."""
    return KeyOwnerDocument(
        organisation=owner.organisation, prefixes=list(owner.prefixes), hosts=list(owner.hosts)
    )


def _describe_link(link: Mapping[str, Any]) -> KeyLinkDocument:
    empty: dict[str, Any] = {"hreflang": [], "media_type": None, "context": []}
    return KeyLinkDocument(**{**empty, **link})
