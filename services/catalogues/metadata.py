"""Metadata of catalogues as DCAT 3 (https://www.w3.org/TR/vocab-dcat-3/), in JSON-LD."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from services.catalogues.catalogues import Catalogue
from web.i18n import LANGUAGES

MEDIA_TYPE: Final = "application/ld+json"
_CONTEXT: Final[Mapping[str, str]] = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_FORMS: Final[Mapping[str, str]] = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_TITLE: Final[Mapping[str, str]] = {
    "vi": "Danh mục dùng chung",
    "en": "Shared code lists",
    "zh": "共享代码表",
}


def describe_as_dcat(catalogues: Sequence[Catalogue], base: str) -> dict[str, Any]:
    """The document of all catalogues; `base` is the address of the API's catalogues."""
    return {
        "@context": _CONTEXT,
        "@id": base,
        "@type": "dcat:Catalog",
        "dct:title": _describe_texts(_TITLE),
        "dcat:dataset": [_describe_dataset(one, base) for one in catalogues],
    }


def _describe_dataset(catalogue: Catalogue, base: str) -> dict[str, Any]:
    address = f"{base}/{catalogue.name}"
    version = catalogue.version
    described: dict[str, Any] = {
        "@id": address,
        "@type": "dcat:Dataset",
        "dct:identifier": catalogue.name,
        "dct:title": _describe_texts(catalogue.title),
        "dct:publisher": {"@type": "foaf:Agent", "foaf:name": catalogue.authority},
        "dct:license": {"@id": catalogue.licence},
        "dct:language": list(LANGUAGES),
        "dcat:version": version.version,
        "dcat:distribution": [
            {
                "@type": "dcat:Distribution",
                "dcat:downloadURL": {"@id": f"{address}/files/{form}"},
                "dcat:mediaType": media,
            }
            for form, media in _FORMS.items()
        ],
    }
    if version.day:
        described["dct:modified"] = {"@value": version.day, "@type": "xsd:date"}
    if catalogue.source:
        described["dct:source"] = catalogue.source
    return described


def _describe_texts(texts: Mapping[Any, str]) -> list[dict[str, str]]:
    return [{"@value": text, "@language": language} for language, text in texts.items()]
