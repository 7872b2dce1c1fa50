"""What belongs to one organisation, table by table, for the export of its own data.

Each part has a query for the rows of an organisation and the columns that order them, which an
index has. Secrets are never among the columns. Rows are read a page at a time after the key of the
last one, so that the cost of a page does not grow with the pages before.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import BindParameter, Column, ColumnElement, Select, bindparam, or_, select, tuple_

from ledger import schema
from ledger.storage.store import Store

PAGE: Final = 500
_OWNER: Final[BindParameter[str]] = bindparam("organisation")
_SECRET_COLUMNS: Final = frozenset({"secret", "former_secret", "sha256", "password_hash"})


@dataclass(frozen=True, slots=True)
class OwnPart:
    """One kind of rows that belong to an organisation."""

    name: str
    query: Select[Any]
    """Its rows, with the parameter `organisation`."""
    key: tuple[Column[Any], ...]
    """The columns that order the rows; all of them are shown."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns, in their order."""
        return tuple(str(column.name) for column in self.query.selected_columns)


_s: Final = schema


def _own(
    name: str,
    table: Any,
    owner: ColumnElement[Any],
    key: Sequence[str],
    *,
    without: frozenset[str] = frozenset(),
) -> OwnPart:
    """A part that is the rows of a table with the organisation in a column."""
    shown = [one for one in table.columns if one.name not in without | _SECRET_COLUMNS]
    query = select(*shown).where(owner == _OWNER)
    return OwnPart(name, query, tuple(table.c[each] for each in key))


def _below(
    name: str,
    table: Any,
    parent: Any,
    joined: ColumnElement[bool],
    owner: ColumnElement[bool],
    key: Sequence[str],
    *,
    without: frozenset[str] = frozenset(),
) -> OwnPart:
    """A part that is the rows of a table which belong to own rows of another one."""
    shown = [one for one in table.columns if one.name not in without | _SECRET_COLUMNS]
    query = select(*shown).select_from(table.join(parent, joined)).where(owner)
    return OwnPart(name, query, tuple(table.c[each] for each in key))


_BATCH_OWNER: Final = or_(
    _s.batch_parties.c.packer == _OWNER, _s.batch_parties.c.print_house == _OWNER
)

OWN_PARTS: Final[Mapping[str, OwnPart]] = {
    part.name: part
    for part in (
        _own("organisation", _s.organisations, _s.organisations.c.id, ("id",)),
        OwnPart(
            "people",
            select(_s.staff.c.id, _s.staff.c.name, _s.staff.c.role, _s.staff.c.disabled).where(
                _s.staff.c.organisation == _OWNER
            ),
            (_s.staff.c.name, _s.staff.c.id),
        ),
        _own("tokens", _s.staff_tokens, _s.staff_tokens.c.organisation, ("made_at", "id")),
        _own("places", _s.places, _s.places.c.organisation, ("name", "id")),
        _own(
            "registered_codes",
            _s.registered_codes,
            _s.registered_codes.c.organisation,
            ("code",),
        ),
        OwnPart(
            "evidence",
            select(
                *(
                    column
                    for column in _s.code_evidence.columns
                    if column.name not in ("sha256", "picture", "texts_sha256", "request")
                ),
                _s.code_evidence.c.sha256.label("file_sha256"),
                *(column for column in _s.evidence_texts.columns if column.name != "evidence"),
            )
            .select_from(
                _s.code_evidence.outerjoin(
                    _s.evidence_texts, _s.evidence_texts.c.evidence == _s.code_evidence.c.id
                )
            )
            .where(_s.code_evidence.c.organisation == _OWNER),
            (_s.code_evidence.c.at, _s.code_evidence.c.id),
        ),
        _own("gs1_prefixes", _s.gs1_prefixes, _s.gs1_prefixes.c.organisation, ("prefix",)),
        _own("gs1_links", _s.link_sets, _s.link_sets.c.organisation, ("anchor",)),
        OwnPart(
            "orders",
            select(*_s.orders.columns).where(
                or_(_s.orders.c.packer == _OWNER, _s.orders.c.print_house == _OWNER)
            ),
            (_s.orders.c.requested_at, _s.orders.c.id),
        ),
        _below(
            "batches",
            _s.batches,
            _s.batch_parties,
            _s.batch_parties.c.number == _s.batches.c.number,
            _BATCH_OWNER,
            ("number",),
            without=frozenset({"key", "request", "manifest"}),
        ),
        _below(
            "serial_ranges",
            _s.spans,
            _s.batch_parties,
            _s.batch_parties.c.number == _s.spans.c.batch,
            _BATCH_OWNER,
            ("batch", "lo"),
        ),
        _below(
            "transitions",
            _s.transitions,
            _s.batch_parties,
            _s.batch_parties.c.number == _s.transitions.c.batch,
            _BATCH_OWNER,
            ("batch", "seq"),
            without=frozenset({"key", "request"}),
        ),
        _own("lots", _s.lots, _s.lots.c.organisation, ("at", "code")),
        _below(
            "lot_versions",
            _s.lot_versions,
            _s.lots,
            _s.lots.c.code == _s.lot_versions.c.lot,
            _s.lots.c.organisation == _OWNER,
            ("lot", "version"),
        ),
        _own("lot_drafts", _s.lot_drafts, _s.lot_drafts.c.organisation, ("saved_at", "id")),
        _own(
            "lot_submissions",
            _s.lot_submissions,
            _s.lot_submissions.c.organisation,
            ("submitted_at", "id"),
        ),
        _own("diary_entries", _s.diary_entries, _s.diary_entries.c.organisation, ("at", "event")),
        _own("events", _s.epcis_events, _s.epcis_events.c.organisation, ("at", "id")),
        _own("event_errors", _s.epcis_errors, _s.epcis_errors.c.organisation, ("event", "id")),
        _own("cartons", _s.cartons, _s.cartons.c.organisation, ("changed_at", "id")),
        _below(
            "carton_contents",
            _s.carton_contents,
            _s.cartons,
            _s.cartons.c.id == _s.carton_contents.c.carton,
            _s.cartons.c.organisation == _OWNER,
            ("carton", "batch", "lo"),
        ),
        _own(
            "mention_answers",
            _s.mention_answers,
            _s.mention_answers.c.organisation,
            ("event", "teller", "n"),
        ),
        _own("hearings", _s.hearings, _s.hearings.c.organisation, ("told_at", "id")),
        _below(
            "hearing_messages",
            _s.hearing_messages,
            _s.hearings,
            _s.hearings.c.id == _s.hearing_messages.c.hearing,
            _s.hearings.c.organisation == _OWNER,
            ("hearing", "n"),
        ),
        _below(
            "hearing_photos",
            _s.hearing_photos,
            _s.hearings,
            _s.hearings.c.id == _s.hearing_photos.c.hearing,
            _s.hearings.c.organisation == _OWNER,
            ("hearing", "n", "place"),
        ),
        _own("webhooks", _s.webhooks, _s.webhooks.c.organisation, ("made_at", "id")),
    )
}
"""All parts by name, in the order in which they are written."""


class OwnRows:
    """What belongs to organisations in one ledger."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def iterate_pages(
        self, part: OwnPart, organisation: str
    ) -> AsyncIterator[Sequence[Mapping[str, Any]]]:
        """The rows of a part, a page at a time, each in a transaction of its own."""
        after: Sequence[Any] | None = None
        names = part.columns
        positions = [names.index(str(column.name)) for column in part.key]
        while True:
            query = part.query.order_by(*part.key).limit(PAGE)
            if after is not None:
                query = query.where(tuple_(*part.key) > tuple_(*after))
            async with self._store.read() as connection:
                found = (await connection.execute(query, {"organisation": organisation})).all()
            if found:
                yield [dict(zip(names, row, strict=True)) for row in found]
            if len(found) < PAGE:
                return
            after = [found[-1][at] for at in positions]
