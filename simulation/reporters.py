"""Reporters: people who scan an item and report it, and a rival who reports a grower's stamps.

Reports are drawn beside a built world and written between its lines, which stay as they are. The
budgets of the service are left out: each report of a rival counts as an ordinary one.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np

from simulation.chance import Bools, Floats, Ints, Words, make_generator, scramble_bits
from simulation.events import BY_ATTACKER, DAY, HOUR, INSPECTOR, VISIT
from simulation.record import format_times
from simulation.world import World

_RIVAL = 1 << 40
"""Devices and networks of a rival are numbered from here: above those of every world."""


def _assumed(value: Any, meaning: str) -> Any:
    return field(default=value, metadata={"source": "assumed", "meaning": meaning})


class ReportCampaign(StrEnum):
    """Whose genuine stamps a rival reports."""

    NOBODY = "nobody"
    ONE_HOUSE = "one packing house"
    EVERYBODY = "every scanned stamp"


@dataclass(frozen=True)
class ReporterParameters:
    """Parameters of reports. Rates are shares of the people who scan an item."""

    copied_on_copies: float = _assumed(0.02, "buyers of a copy who call it copied")
    mismatch_on_copies: float = _assumed(0.01, "… who say that the produce is another")
    damaged_on_copies: float = _assumed(0.004, "… who say that the stamp is damaged")
    copied_on_genuine: float = _assumed(0.001, "others who call a stamp copied")
    mismatch_on_genuine: float = _assumed(0.002, "… who say the produce is another")
    damaged_on_genuine: float = _assumed(0.002, "… who say that the stamp is damaged")
    delay_hours: float = _assumed(1.0, "mean time from the scan to the report")
    rival_networks: int = _assumed(10, "networks of a rival")
    rival_days: int = _assumed(5, "days on which each of them reports each stamp")


@dataclass(frozen=True)
class ReportTable:
    """Reports, in time order; `kind` is an index into `KINDS`."""

    stamp: Ints
    at: Floats
    kind: Ints
    device: Words
    net: Words


KINDS = ("copied", "mismatch", "damaged")


def draw_reports(world: World, r: ReporterParameters, campaign: ReportCampaign) -> ReportTable:
    """Return the reports of a world's people, and of a rival."""
    tables = [_draw_honest(world, r), _draw_campaign(world, r, campaign)]
    stamp, at, kind, device, net = (
        np.concatenate([getattr(one, name) for one in tables])
        for name in ("stamp", "at", "kind", "device", "net")
    )
    order = np.argsort(at, kind="stable")
    order = order[at[order] < world.parameters.days * DAY]
    return ReportTable(stamp[order], at[order], kind[order], device[order], net[order])


def _draw_honest(world: World, r: ReporterParameters) -> ReportTable:
    """Reports of those who scan an item for the first time."""
    rng, events = make_generator(world.seed, "reports"), world.events
    people = _is_buyer(world) & (events["repeat"] == 0)
    rows = np.flatnonzero(people)
    draw, is_copy = rng.random(len(rows)), events["item"][rows] > 0
    delay = rng.exponential(r.delay_hours * HOUR, len(rows))
    kind = np.full(len(rows), -1)
    for rates, mine in (
        ((r.copied_on_copies, r.mismatch_on_copies, r.damaged_on_copies), is_copy),
        ((r.copied_on_genuine, r.mismatch_on_genuine, r.damaged_on_genuine), ~is_copy),
    ):
        drawn = np.searchsorted(np.cumsum(rates), draw, side="right")
        kind[mine & (drawn < len(KINDS))] = drawn[mine & (drawn < len(KINDS))]
    told = kind >= 0
    rows = rows[told]
    return ReportTable(
        stamp=events["stamp"][rows].astype(np.int64),
        at=world.seen.at[rows] + delay[told],
        kind=kind[told],
        device=world.seen.device[rows],
        net=world.seen.net[rows],
    )


def _is_buyer(world: World) -> Bools:
    """Return which events are scans of an item by people who are no inspectors."""
    via = world.events["via"]
    is_forged = world.seen.labels & BY_ATTACKER > 0
    return np.asarray(
        (via != VISIT) & (via != INSPECTOR) & (world.events["item"] >= 0) & ~is_forged
    )


def _draw_campaign(world: World, r: ReporterParameters, campaign: ReportCampaign) -> ReportTable:
    """Reports of a rival: every network on every day, from a day after the first scan."""
    rng = make_generator(world.seed, f"campaign: {campaign}")
    stamps, first = find_reported_stamps(world, campaign)
    # Against everybody two networks on three days are as good as ten: they reach the bound.
    few = campaign is ReportCampaign.EVERYBODY
    networks, days = (2, 3) if few else (r.rival_networks, r.rival_days)
    row = np.repeat(np.arange(len(stamps)), networks * days)
    turn = np.tile(np.arange(networks * days), len(stamps))
    device = scramble_bits(np.int64(_RIVAL) + turn % networks)
    return ReportTable(
        stamp=stamps[row],
        at=first[row] + (1 + turn // networks + rng.uniform(0, 0.3, len(row))) * DAY,
        kind=np.zeros(len(row), np.int64),
        device=device,
        net=scramble_bits(device),
    )


def find_reported_stamps(world: World, campaign: ReportCampaign) -> tuple[Ints, Floats]:
    """Return the genuine scanned stamps that a rival reports, and when each is first scanned."""
    counted = world.events["via"] != VISIT
    stamps, rows = np.unique(world.events["stamp"][counted], return_index=True)
    stamps, first = stamps.astype(np.int64), world.seen.at[counted][rows]
    chosen = ~np.isin(stamps, world.truth.stamp[world.truth.attacked])
    if campaign is ReportCampaign.NOBODY:
        chosen[:] = False
    elif campaign is ReportCampaign.ONE_HOUSE:
        house = world.trade.house[world.trade.lot_of(stamps)]
        chosen &= house == np.argmax(np.bincount(house[chosen]))
    return stamps[chosen], first[chosen]


def write_reports(world: World, reports: ReportTable) -> Iterator[bytes]:
    """Yield the world's replay lines with the reports between them, in time order."""
    due = np.searchsorted(world.seen.at, reports.at, side="right").tolist()
    lines = _format_reports(reports)
    waiting, done = 0, 0
    for line in world.replay_lines():
        if line.startswith(b'{"scan"'):
            while waiting < len(due) and due[waiting] <= done:
                yield next(lines)
                waiting += 1
            done += 1
        yield line
    yield from lines


def _format_reports(reports: ReportTable) -> Iterator[bytes]:
    columns = zip(
        reports.stamp.tolist(), format_times(reports.at), reports.kind.tolist(),
        reports.device.tolist(), reports.net.tolist(), strict=True,
    )  # fmt: skip
    for stamp, at, kind, device, net in columns:
        yield (
            f'{{"report":"s{stamp}","at":"{at}","kind":"{KINDS[kind]}",'
            f'"device":"d{device:016x}","net":"n{net:016x}"}}\n'
        ).encode()
