"""Stock: the stamps of each batch by state, counted from its spans, against what happened to them.

A batch is counted again when a transition of it is folded. What changed is added to the facts
`stock`, so the states of all stamps are read from a few rows. `flaw` names what does not agree
between spans and transitions.
"""

import json
from collections import Counter
from collections.abc import Mapping
from typing import Final

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.batches.mass_balance import count_states
from ledger.chains.hash_chain import to_canonical_json
from ledger.figures.facts import STOCK, Fact
from ledger.figures.sources import ProductAndPacker, find_batch_parties
from ledger.storage.row_lists import split_parts
from stamps.lifecycle import State

ON_PRODUCE: Final = (State.ACTIVATED, State.CLAIMED, State.SUSPENDED, State.RECALLED)
_PART: Final = 500
"""Batches that one query names."""
_PUT: Final = text(
    "INSERT INTO batch_stocks (batch, states, flows, flaw)"
    " VALUES (:batch, :states, :flows, :flaw)"
    " ON CONFLICT (batch) DO UPDATE"
    " SET states = excluded.states, flows = excluded.flows, flaw = excluded.flaw"
)


def find_flaw(states: Mapping[str, int], flows: Mapping[str, int]) -> str | None:
    """Name what does not agree between the states of stamps and what happened to them.

    >>> find_flaw({"printed": 9, "void": 1}, {"issued": 10, "printed": 10, "void": 1})
    >>> find_flaw({"printed": 9}, {"issued": 10})
    'issued: 10, in states: 9'
    """
    activated = flows.get("activated", 0) - flows.get("deactivated", 0)
    compared = (
        ("issued", flows.get("issued", 0), "in states", sum(states.values())),
        ("made void", flows.get("void", 0), "void", states.get(State.VOID, 0)),
        (
            "activated",
            activated,
            "on produce",
            sum(states.get(state, 0) for state in ON_PRODUCE),
        ),
    )
    flaws = [f"{one}: {n}, {other}: {m}" for one, n, other, m in compared if n != m]
    return "; ".join(flaws) or None


async def count_stock_again(
    connection: AsyncConnection, flows: Mapping[int, Mapping[str, int]], *, is_last: bool
) -> Counter[Fact]:
    """Count the stamps of batches anew; return what changed.

    `flows` is what is added to what happened in each batch. Flaws are named only where all
    transitions are folded (`is_last`): spans are ahead of them before.
    """
    facts: Counter[Fact] = Counter()
    numbers = sorted(flows)
    for part in split_parts(numbers, _PART):
        facts.update(await _recount_part(connection, list(part), flows, is_last))
    return facts


async def _recount_part(
    connection: AsyncConnection,
    batches: list[int],
    flows: Mapping[int, Mapping[str, int]],
    is_last: bool,
) -> Counter[Fact]:
    table = schema.batch_stocks
    found = await connection.execute(select(table).where(table.c.batch.in_(batches)))
    known = {row.batch: (json.loads(row.states), json.loads(row.flows)) for row in found}
    states = await count_states(connection, batches)
    parties = await find_batch_parties(connection, batches)
    facts: Counter[Fact] = Counter()
    rows = []
    for batch in batches:
        before, happened = known.get(batch, ({}, {}))
        now = {str(state): stamps for state, stamps in states.get(batch, {}).items()}
        merged = Counter(happened)
        merged.update(flows[batch])
        _add_changes(facts, parties[batch], before, now)
        rows.append(
            {
                "batch": batch,
                "states": to_canonical_json(now),
                "flows": to_canonical_json(dict(merged)),
                "flaw": find_flaw(now, merged) if is_last else None,
            }
        )
    await connection.execute(_PUT, rows)
    return facts


def _add_changes(
    facts: Counter[Fact], party: ProductAndPacker, before: Mapping[str, int], now: Mapping[str, int]
) -> None:
    for state in {*before, *now}:
        # What changed may be negative, so counters are updated, never added with `+`.
        facts[Fact(0, STOCK, state, *party)] += now.get(state, 0) - before.get(state, 0)
