"""The kinds of entries as Markdown, for docs/diary.md."""

from traceability.diary.entry_kinds import EntryField, EntryKind, FieldType, load_entry_kinds

_TYPES = {
    FieldType.TEXT: "text",
    FieldType.DAY: "day, `2026-11-20`",
    FieldType.MOMENT: "day with or without time, `2026-11-20T08:30`",
    FieldType.NUMBER: "number",
    FieldType.COUNT: "whole number",
    FieldType.PLACE: "registered code of the own organisation",
    FieldType.SITE: "registered code",
    FieldType.PRODUCT: "id of a product",
    FieldType.LOT: "lot code, at most 20 characters",
}


def render_kinds() -> str:
    """A table for each kind, in their order."""
    return "\n\n".join(_render_kind(kind) for kind in load_entry_kinds().values())


def _render_kind(kind: EntryKind) -> str:
    shape = kind.event
    lines = [
        f"### {kind.name['en']} (`{kind.kind}`)",
        "",
        f"{kind.name['vi']}. Event: `{shape.type}`, `{shape.step}`.",
        "",
        "| field | in Vietnamese | what it is | value | mandatory |",
        "|---|---|---|---|---|",
    ]
    for field in kind.fields:
        cells = [f"`{field.name}`", field.label["vi"], field.label["en"], _describe_type(field)]
        lines.append(f"| {' | '.join([*cells, _describe_need(kind, field)])} |")
    return "\n".join(lines)


def _describe_type(field: EntryField) -> str:
    if field.type is FieldType.CHOICE:
        return ", ".join(f"`{one}` {words['en']}" for one, words in field.choices.items())
    return _TYPES[field.type]


def _describe_need(kind: EntryKind, field: EntryField) -> str:
    if field.is_mandatory:
        return "yes"
    if field.name in kind.needs_one_of:
        return " or ".join(f"`{name}`" for name in kind.needs_one_of)
    if field.needed_with is None:
        return ""
    other, values = field.needed_with
    choices = f" {', '.join(sorted(values))}" if values else ""
    return f"with `{other}`{choices}"
