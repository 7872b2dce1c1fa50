"""Documents of catalogues, for the API and the command line."""

from services.catalogues.catalogues import Catalogue, CatalogueVersion
from services.catalogues.code_lists import Row
from services.documents.models import Document
from web.i18n import Language


class CatalogueVersionDocument(Document):
    """One version of a catalogue: its day and the codes that changed."""

    version: str
    day: str | None
    added: list[str]
    removed: list[str]
    changed: list[str]


class CatalogueDocument(Document):
    """A catalogue without its entries."""

    name: str
    title: dict[Language, str]
    authority: str
    """Who decides what is in it."""
    source: str | None
    licence: str
    version: str
    """A number; of a catalogue that is edited at the desk the digest of its content."""
    day: str | None
    """The day from which the version holds."""
    digest: str
    entries: int
    columns: list[str]
    versions: list[CatalogueVersionDocument]
    """All versions, the newest first."""


class CatalogueRowDocument(Document):
    """An entry: its code, its names, and the other columns of its catalogue."""

    code: str
    names: dict[Language, str]
    more: dict[str, str]


def describe_catalogue(catalogue: Catalogue) -> CatalogueDocument:
    """The document of a catalogue."""
    return CatalogueDocument(
        name=catalogue.name,
        title=dict(catalogue.title),
        authority=catalogue.authority,
        source=catalogue.source,
        licence=catalogue.licence,
        version=catalogue.version.version,
        day=catalogue.version.day or None,
        digest=catalogue.digest,
        entries=len(catalogue.rows),
        columns=list(catalogue.columns),
        versions=[_describe_version(one) for one in catalogue.versions],
    )


def describe_row(row: Row) -> CatalogueRowDocument:
    """The document of an entry."""
    names: dict[Language, str] = {"vi": row["vi"], "en": row["en"], "zh": row["zh"]}
    more = {name: cell for name, cell in row.items() if name not in ("code", *names)}
    return CatalogueRowDocument(code=row["code"], names=names, more=more)


def _describe_version(version: CatalogueVersion) -> CatalogueVersionDocument:
    return CatalogueVersionDocument(
        version=version.version,
        day=version.day or None,
        added=list(version.added),
        removed=list(version.removed),
        changed=list(version.changed),
    )
