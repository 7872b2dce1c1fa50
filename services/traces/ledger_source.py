"""What a trace follows in the ledger: recorded events, and the lots and stamps joined to them.

An event may name a lot by its GTIN and number or by an address; in a trace all of these are one
thing. Stamps are serial ranges: those that are bound to a lot, or that a packer's own event puts
into a carton. The scope of the actor decides which events and lots are there at all.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from ledger import Batch
from ledger.errors import UnknownBatch
from ledger.traces.traced_events import EventScope, TracedEvent
from ledger.traces.traced_lots import BoundStamps, TracedLot
from services import scope
from services.context import ServiceContext
from services.permissions import Permission, has_permission
from stamps.code import parse_code
from stamps.errors import VeritemError
from stamps.stamp_ranges import StampRange
from traceability.diary.entry_events import NAMES
from traceability.epcis.event_reader import TRACE_PARTS
from traceability.trace import Amount, FoundEvents, StepKind, TraceEvent, read_trace_event
from traceability.trace.thing_names import (
    find_lot_candidate,
    find_stamp_candidate,
    list_lot_identifiers,
    list_place_identifiers,
    list_stamp_identifiers,
    name_lot,
    name_stamps,
    parse_lot,
    parse_stamps,
)
from traceability.trace.trace_event import (
    CONTAINING,
    list_stamp_ranges,
    name_ranges,
    rename_things,
)

MOST_NAMED: Final = 100
"""Stamps of a range whose own codes are looked for in events."""


@dataclass(slots=True)
class LedgerSource:
    """Events, lots and stamps in the scope of one actor; made for one trace."""

    context: ServiceContext
    scope: EventScope
    lots: dict[str, TracedLot | None] = field(default_factory=dict)
    """Lots that were asked for, by code; None: there is none in scope."""
    bound: dict[str, list[BoundStamps]] = field(default_factory=dict)
    """The stamps of each lot."""
    batches: dict[int, Batch | None] = field(default_factory=dict)
    names: dict[str, str | None] = field(default_factory=dict)
    """The thing that an identifier names; None: none of ours."""
    cut: set[str] = field(default_factory=set)

    async def find_events(self, keys: Sequence[str]) -> FoundEvents:
        """The events that name each of the things."""
        ranges = {key: stamps for key in keys if (stamps := parse_stamps(key)) is not None}
        of_ranges = await self._find_bound_ranges(ranges)
        codes = {code for key in keys if (code := parse_lot(key)) is not None}
        await self._learn_lots(codes | {one.lot for some in of_ranges.values() for one in some})
        aliases = {key: await self._list_aliases(key, of_ranges.get(key, ())) for key in keys}
        asked = {name for some in aliases.values() for name in some}
        found = await self.context.ledger.event_traces.find_events(asked, TRACE_PARTS, self.scope)
        events = await self._read_events(
            {one.id: one for some in found.by_key.values() for one in some}
        )
        by_key: dict[str, list[TraceEvent]] = {}
        for key in keys:
            ids = {one.id for name in aliases[key] for one in found.by_key.get(name, ())}
            named = [events[id_] for id_ in ids]
            if (asked_range := ranges.get(key)) is not None:
                named = [one for one in named if _concerns(one, key, asked_range)]
                named += [self._describe_binding(one, key) for one in of_ranges[key]]
            elif (code := parse_lot(key)) is not None:
                # A carton with some of its stamps names those stamps and not the lot.
                named = [one for one in named if key in one.list_keys()]
                named += self._describe_lot(code)
            by_key[key] = named
        cut = {key for key in keys if not found.cut.isdisjoint(aliases[key])}
        return FoundEvents(by_key, frozenset(cut | (self.cut & set(keys))))

    async def identify_things(self, identifiers: Iterable[str]) -> dict[str, str]:
        """The things of ours that identifiers name, by identifier."""
        new = {one for one in identifiers if one not in self.names}
        candidates = {one: find_lot_candidate(one) for one in new}
        codes = {code for code in candidates.values() if code}
        await self._learn_lots(codes)
        for one in new:
            self.names[one] = await self._identify(one, candidates[one])
        return {one: name for one in identifiers if (name := self.names[one]) is not None}

    async def _identify(self, identifier: str, lot: str | None) -> str | None:
        if lot is not None and self.lots.get(lot) is not None:
            return name_lot(lot) if identifier in self._identify_lot(lot) else None
        code = find_stamp_candidate(identifier)
        issuer = self.context.issuer
        if code is None or issuer is None:
            return None
        try:
            stamp = issuer.keys.ring.open(parse_code(code))
        except VeritemError:
            return None
        batch = await self._find_batch(stamp.batch)
        if batch is None or batch.epoch != stamp.epoch:
            return None
        return name_stamps(stamp.batch, stamp.index, stamp.index + 1)

    async def _find_batch(self, number: int) -> Batch | None:
        """A batch in scope: to others, the numbers behind a code tell how much is made."""
        if number not in self.batches:
            try:
                self.batches[number] = await scope.find_batch(self.context, number)
            except UnknownBatch:
                self.batches[number] = None
        return self.batches[number]

    async def _learn_lots(self, codes: Collection[str]) -> None:
        new = {code for code in codes if code not in self.lots}
        if not new:
            return
        traced = self.context.ledger.traced_lots
        found = await traced.find_lots(new, scope.lot_scope(self.context.actor))
        self.lots.update(dict.fromkeys(new) | {lot.code: lot for lot in found})
        known = [lot.code for lot in found]
        stamps, is_cut = await traced.find_bound(known)
        self.bound.update({code: [] for code in known})
        for one in stamps:
            self.bound[one.lot].append(one)
        if is_cut:
            self.cut.update(map(name_lot, known))

    async def _find_bound_ranges(
        self, ranges: Mapping[str, StampRange]
    ) -> dict[str, list[BoundStamps]]:
        if not ranges:
            return {}
        found, is_cut = await self.context.ledger.traced_lots.find_bound_ranges(
            list(ranges.values())
        )
        if is_cut:
            self.cut.update(ranges)
        by_batch: defaultdict[int, list[BoundStamps]] = defaultdict(list)
        for one in found:
            by_batch[one.batch].append(one)
        await self._learn_lots({one.lot for one in found})
        return {
            key: [
                one
                for one in by_batch[asked.batch]
                if _overlaps(one, asked) and self.lots.get(one.lot) is not None
            ]
            for key, asked in ranges.items()
        }

    async def _list_aliases(self, key: str, bound: Iterable[BoundStamps]) -> list[str]:
        """The identifiers by which events name a thing, or the lots of its stamps."""
        if (code := parse_lot(key)) is not None:
            return self._identify_lot(code) if self.lots.get(code) is not None else []
        stamps = parse_stamps(key)
        if stamps is None:
            return [key]
        lots = [lot for one in bound if (lot := self.lots[one.lot]) is not None]
        names = {name for lot in lots for name in self._identify_lot(lot.code)}
        issuer = self.context.issuer
        if issuer is not None and stamps.hi - stamps.lo <= MOST_NAMED:
            batch = await self._find_batch(stamps.batch)
            if batch is not None:
                own = (batch.gtin,) if batch.gtin else ()
                gtins = {*own, *(gtin for lot in lots for gtin in lot.gtins)}
                for code in issuer.keys.ring.seal(*stamps, batch.epoch):
                    names.update(list_stamp_identifiers(code.decode(), gtins, batch.host))
        return sorted(names)

    def _identify_lot(self, code: str) -> list[str]:
        lot = self.lots[code]
        gtins = {one.gtin for one in self.bound[code] if one.gtin}
        hosts = {f"https://{one.host.lower()}" for one in self.bound[code]}
        own = () if lot is None else lot.gtins
        return list_lot_identifiers(code, gtins | set(own), hosts | {NAMES})

    async def _read_events(self, found: Mapping[str, TracedEvent]) -> dict[str, TraceEvent]:
        ranges = {one.id: list_stamp_ranges(one.body, one.prefixes) for one in found.values()}
        told = [parsed for some in ranges.values() for one in some if (parsed := parse_stamps(one))]
        packers = await self.context.ledger.traced_lots.find_packers({one.batch for one in told})
        read = {}
        for one in found.values():
            event = read_trace_event(one.id, one.at, one.body, one.organisations)
            own = [
                each
                for each in ranges[one.id]
                if (stamps := parse_stamps(each))
                and self._is_of_teller(stamps, packers.get(stamps.batch), one.organisations)
            ]
            if own and event.kind in CONTAINING:
                event = name_ranges(event, own)
            read[one.id] = event
        named = {key for event in read.values() for key in event.list_keys()}
        names = await self.identify_things(named)
        return {id_: rename_things(event, names) for id_, event in read.items()}

    def _is_of_teller(
        self, stamps: StampRange, packer: str | None, tellers: Collection[str]
    ) -> bool:
        """Whether stamps are of an organisation that names them: nobody packs those of others."""
        if packer is not None:
            return packer in tellers
        return any(
            lot is not None
            and lot.organisation in tellers
            and any(_overlaps(one, stamps) for one in self.bound[code])
            for code, lot in self.lots.items()
        )

    def _describe_lot(self, code: str) -> list[TraceEvent]:
        lot = self.lots.get(code)
        if lot is None:
            return []
        places = [list_place_identifiers(one, (), [NAMES])[0] for one in lot.places]
        described = TraceEvent(
            id=name_lot(code),
            kind=StepKind.LOT,
            at=lot.at,
            tellers=() if lot.organisation is None else (lot.organisation,),
            items=(Amount(name_lot(code)),),
            places=tuple(places),
            is_timeless=True,
        )
        if not has_permission(self.context.actor, Permission.STAMP_SEE):
            return [described]
        return [described, *(self._describe_binding(one) for one in self.bound[code])]

    def _describe_binding(self, one: BoundStamps, asked: str | None = None) -> TraceEvent:
        lot = self.lots[one.lot]
        own = name_stamps(one.batch, one.lo, one.hi)
        return TraceEvent(
            id=f"binding:{own}",
            kind=StepKind.BINDING,
            at=one.at,
            tellers=() if lot is None or lot.organisation is None else (lot.organisation,),
            step="commissioning",
            inputs=(Amount(name_lot(one.lot)),),
            outputs=tuple(Amount(key) for key in dict.fromkeys((own, asked)) if key is not None),
            is_timeless=True,
        )


def _concerns(event: TraceEvent, key: str, asked: StampRange) -> bool:
    """Whether an event of a lot is about some of its stamps: it names them."""
    for one in event.items:
        held = parse_stamps(one.key)
        if one.key == key or (held is not None and _overlaps(held, asked)):
            return True
    return any(one.key == key for one in (*event.inputs, *event.outputs))


def _overlaps(one: StampRange | BoundStamps, other: StampRange) -> bool:
    return one.batch == other.batch and one.lo < other.hi and other.lo < one.hi
