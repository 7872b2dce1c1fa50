"""Catalogues: code lists with their version, and the registry of products, for people and systems.

A list of the code has versions in `versions.toml`: a test fails when its content is not that of the
last one, so a change of a list is a new version with a date and the codes that changed. Products
are edited at the desk: their version is the digest of what they are now.
"""

import hashlib
import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

from ledger import ProductRow
from services.catalogues.code_lists import (
    CODE,
    CODE_LISTS,
    OWN,
    CodeList,
    FindLabels,
    Row,
)
from services.context import ServiceContext
from services.errors import InvalidInput, UnknownCatalogue
from services.paging import DEFAULT_LIMIT, Page
from web.i18n import LANGUAGES, Language

PRODUCTS: Final = "products"
_DIGEST_LETTERS: Final = 16
_VERSIONS: Final = "versions.toml"
_NO_LABELS: Final = ""


@dataclass(frozen=True, slots=True)
class CatalogueVersion:
    """One version of a catalogue."""

    version: str
    """A number that grows; of a catalogue that is edited at the desk the digest of its content."""
    day: str
    """The day it took effect, 2026-11-28; empty where nobody states one."""
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Catalogue:
    """A code list with its entries as they are now."""

    name: str
    title: Mapping[Language, str]
    authority: str
    source: str | None
    licence: str
    columns: tuple[str, ...]
    rows: Sequence[Row]
    digest: str
    versions: tuple[CatalogueVersion, ...]
    """The newest first."""

    @property
    def version(self) -> CatalogueVersion:
        """The version in force."""
        return self.versions[0]

    def find_page(
        self, search: str = "", *, after: str | None = None, limit: int = DEFAULT_LIMIT
    ) -> Page[Row]:
        """The entries with a text in one of their cells, without regard to case, in their order.

        `after` is the code of the last entry of the page before. Raises `InvalidInput` for another.
        """
        wanted = search.strip().casefold()
        found = [
            row for row in self.rows if any(wanted in cell.casefold() for cell in row.values())
        ]
        first = 0
        if after is not None:
            codes = [row[CODE] for row in found]
            if after not in codes:
                raise InvalidInput(field="after", why="is no code of this list")
            first = codes.index(after) + 1
        shown = found[first : first + limit]
        is_last = first + limit >= len(found)
        return Page(items=shown, next=None if is_last else shown[-1][CODE])


async def list_catalogues(context: ServiceContext, find_labels: FindLabels) -> Sequence[Catalogue]:
    """All catalogues: public data, for everybody who is signed in."""
    lists = [build_catalogue(one, find_labels) for one in CODE_LISTS.values()]
    return [*lists, await _build_products(context)]


async def get_catalogue(context: ServiceContext, name: str, find_labels: FindLabels) -> Catalogue:
    """The catalogue of this name. Raises `UnknownCatalogue`."""
    if name == PRODUCTS:
        return await _build_products(context)
    found = CODE_LISTS.get(name)
    if found is None:
        raise UnknownCatalogue(name=name)
    return build_catalogue(found, find_labels)


def build_catalogue(code_list: CodeList, find_labels: FindLabels) -> Catalogue:
    """A list of the code with its entries and versions."""
    rows = code_list.read_rows(find_labels)
    return Catalogue(
        name=code_list.name,
        title=code_list.title,
        authority=code_list.authority,
        source=code_list.source,
        licence=code_list.licence,
        columns=code_list.all_columns,
        rows=rows,
        digest=digest_rows(rows),
        versions=load_versions().get(code_list.name, ()),
    )


def digest_rows(rows: Sequence[Row]) -> str:
    """The digest of entries: SHA-256 of their canonical JSON, shortened."""
    text = json.dumps([dict(row) for row in rows], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGEST_LETTERS]


@cache
def load_versions() -> Mapping[str, tuple[CatalogueVersion, ...]]:
    """The versions of the lists of the code, the newest first."""
    return {
        name: tuple(_read_version(row) for row in reversed(rows))
        for name, rows in read_version_table().items()
    }


def read_version_table() -> dict[str, list[dict[str, Any]]]:
    """The table of versions as it is stored: by list, the oldest first."""
    text = files("services").joinpath("catalogues", _VERSIONS).read_text(encoding="utf-8")
    return tomllib.loads(text)


def _read_version(row: Mapping[str, Any]) -> CatalogueVersion:
    return CatalogueVersion(
        version=str(row["version"]),
        day=row["day"],
        **{name: tuple(row.get(name, ())) for name in ("added", "removed", "changed")},
    )


async def _build_products(context: ServiceContext) -> Catalogue:
    rows = [_describe_product(one) for one in await context.ledger.products.list()]
    digest = digest_rows(rows)
    return Catalogue(
        name=PRODUCTS,
        title={"vi": "Sản phẩm", "en": "Products", "zh": "产品"},
        authority=OWN,
        source=None,
        licence=next(iter(CODE_LISTS.values())).licence,
        columns=(CODE, *LANGUAGES, "gtin", "kind", "shelf_life_days"),
        rows=rows,
        digest=digest,
        versions=(CatalogueVersion(digest, ""),),
    )


def _describe_product(product: ProductRow) -> Row:
    names: dict[str, str] = {one: product.name.get(one, _NO_LABELS) for one in LANGUAGES}
    days = product.shelf_life_days
    return {
        CODE: product.id,
        **names,
        "gtin": product.gtin or "",
        "kind": product.kind or "crop",
        "shelf_life_days": "" if days is None else str(days),
    }
