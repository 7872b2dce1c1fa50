"""Words of the pages of lots: labels of fields and values as people read them."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from services.lots.lot_fields import PREFIX, TIMES, extract_fields
from stamps.timestamps import parse_rfc3339
from traceability.administrative_units import load_administrative_units
from traceability.lot_details import describe_details
from traceability.lot_profiles import CROP, LotProfile, find_profile, name_item
from web.i18n import Language, Texts, format_day, format_moment

_UNSHOWN: Final = frozenset({"code", "image"})
"""The title of the page, and the photo."""


def label_field(profile: LotProfile, name: str, texts: Texts) -> str:
    """The label of a field: of the item that it tells; a further field of an item has its own."""
    item = profile.find_item_of(name)
    if item is not None and item.form_fields[0] == name:
        return name_item(item, texts.language)
    key = f"lots.{name}"
    return texts(key) if texts.has(key) else name


def list_facts(
    document: Mapping[str, Any], texts: Texts, language: Language
) -> list[tuple[str, str]]:
    """Label and value of what a lot's page shows, in the order of its profile."""
    profile = find_profile(document.get("kind") or CROP)
    fields = extract_fields(document)
    name = document.get("product", {}).get("name", {})
    fields["product"] = name.get(language) or name.get("vi", "")
    if province := fields.get("province"):
        fields["province"] = load_administrative_units().provinces[province].name(language)
    if kind := fields.get("kind"):
        fields["kind"] = texts(f"lots.{kind}")
    begins = {stage["stage"]: stage.get("at") for stage in document.get("stages", ())}
    for name in TIMES:
        if at := begins.get(name):
            format_time = format_day if name == "grown" else format_moment
            fields[name] = format_time(parse_rfc3339(at), language)
    details = describe_details(profile, document.get("details", {}), language)
    told = [item.name for item in profile.details if item.name in document.get("details", {})]
    fields |= {PREFIX + item: value for item, (_, value) in zip(told, details, strict=True)}
    return [
        (label_field(profile, name, texts), fields[name])
        for name in profile.form_fields
        if name not in _UNSHOWN and fields.get(name)
    ]


def list_changed_fields(
    before: Mapping[str, Any], after: Mapping[str, Any]
) -> list[tuple[str, str, str]]:
    """Path, old and new value of every field that differs between two documents.

    >>> list_changed_fields({"a": {"b": 1}, "c": ["x"]}, {"a": {"b": 2}, "c": ["x", "y"]})
    [('a.b', '1', '2'), ('c.2', '–', 'y')]
    """
    old, new = dict(_flatten(before)), dict(_flatten(after))
    return [
        (path, old.get(path, "–"), new.get(path, "–"))
        for path in {**old, **new}
        if old.get(path) != new.get(path)
    ]


def _flatten(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        inner = [(str(name), item) for name, item in value.items()]
    elif isinstance(value, list):
        inner = [(str(number), item) for number, item in enumerate(value, 1)]
    else:
        yield path, str(value)
        return
    for name, item in inner:
        yield from _flatten(item, f"{path}.{name}" if path else name)
