"""Tables of attackers in `docs/detection.md`."""

from collections.abc import Iterator, Sequence

import numpy as np

from benchmarks.detection.attackers import (
    NOBODY,
    AttackOutcome,
    Found,
    bystanders,
    share,
    unplaced_share,
)
from benchmarks.detection.campaign import OURS, TRAINING
from benchmarks.detection.gates import Gate
from benchmarks.detection.report import table
from simulation import ATTACKERS, AttackerParameters
from simulation.parameters import list_parameters

# Attackers of a gate by their names' beginnings, what is measured, and the promised bound.
_AT_LEAST = (
    ("copies masked, 1 network", "alerts", 0.95),
    ("copies masked, 1 network", "suspects", 0.8),
    ("copies masked, 10 networks", "alerts", 0.95),
    ("copies masked, 10 networks", "suspects", 0.8),
    ("copies masked, 50 networks", "alerts", 0.8),
    ("copies vaccinated", "suspects", 0.8),
)
_SUSPECT_AT_MOST = (
    ("framed, 1 network", 0.001),
    ("framed, 2 networks", 0.01),
    ("framed, 5 networks", 0.01),
    ("framed in a row", 0.0),
    ("genuine masked, 1 network", 0.01),
    ("genuine masked, 10 networks", 0.01),
    ("genuine vaccinated", 0.01),
)
_UNPLACED_ALERTS_AT_MOST = ("framed, 1 network", 0.1)
_IN_ONE_ALERT_AT_LEAST = ("framed in a row", 0.9)


def attacker_table(found: Found) -> str:
    """Return a row for each attacker: shares of attacked stamps, and hours to the alert."""
    groups = _seed_groups(found)
    others = [judge for judge in found[NOBODY] if judge != OURS]
    head = ["attacker", "stamps"]
    for said, _ in groups:
        head += [f"alert{said}", f"suspect{said}", f"caution{said}"]
        head += [f"alert / suspect{said}, {judge}" for judge in others]
    head += ["hours to the alert (median / 90 %)", "other genuine stamps alerted by it"]
    rows = []
    for attacker in ATTACKERS:
        if attacker.name not in found:
            continue
        by_judge = found[attacker.name]
        ours = by_judge[OURS]
        row = [attacker.name, f"{sum(x.stamps for x in ours):,}"]
        for _, seeds in groups:
            mine = [x for x in ours if x.seed in seeds]
            row += [f"{share(mine, part):.3f}" for part in ("alerts", "suspects", "cautions")]
            for judge in others:
                them = [x for x in by_judge[judge] if x.seed in seeds]
                row.append(f"{share(them, 'alerts'):.3f} / {share(them, 'suspects'):.3f}")
        delays = np.array([hours for x in ours for hours in x.delays])
        median, late = np.percentile(delays, [50, 90]) if len(delays) else (np.nan, np.nan)
        row.append(f"{median:.0f} / {late:.0f}" if len(delays) else "–")
        row.append(f"{sum(bystanders(found, attacker.name, OURS)):+d}")
        rows.append(row)
    return table(head, rows)


def _seed_groups(found: Found) -> list[tuple[str, set[int]]]:
    """Return the training seeds and the held-out seeds, as far as they were judged."""
    seeds = {x.seed for x in found[NOBODY][OURS]}
    training = seeds & {*TRAINING}
    groups = [(", training", training), ("", seeds - training)]
    return [(said, chosen) for said, chosen in reversed(groups) if chosen]


def attacker_gates(found: Found) -> list[Gate]:
    """Return every gate of attackers, on the seeds that are not for training if there are any."""
    _, seeds = _seed_groups(found)[0]
    chosen = {
        name: [x for x in by_judge[OURS] if x.seed in seeds] for name, by_judge in found.items()
    }
    return [*_masking_gates(chosen), *_framing_gates(chosen), *_campaign_gates(chosen)]


def _masking_gates(chosen: dict[str, list[AttackOutcome]]) -> Iterator[Gate]:
    for prefix, part, least in _AT_LEAST:
        for name in _called(chosen, prefix):
            value = share(chosen[name], part)
            word = "alert" if part == "alerts" else "suspect"
            yield Gate(f"{name}: {word}", f"≥ {least:g}", f"{value:.3f}", value >= least)


def _framing_gates(chosen: dict[str, list[AttackOutcome]]) -> Iterator[Gate]:
    for prefix, most in _SUSPECT_AT_MOST:
        for name in _called(chosen, prefix):
            value = share(chosen[name], "suspects")
            yield Gate(f"{name}: suspect", f"≤ {most:g}", f"{value:.3f}", value <= most)
    prefix, most = _UNPLACED_ALERTS_AT_MOST
    for name in _called(chosen, prefix):
        value = unplaced_share(chosen[name], 1)
        what = f"{name}: alert where no other scan gives a place"
        yield Gate(what, f"≤ {most:g}", f"{value:.3f}", value <= most)


def _campaign_gates(chosen: dict[str, list[AttackOutcome]]) -> Iterator[Gate]:
    prefix, least = _IN_ONE_ALERT_AT_LEAST
    for name in _called(chosen, prefix):
        value = share(chosen[name], "in_one_alert")
        accused = value or share(chosen[name], "alerts")
        yield Gate(
            f"{name}: in one alert", f"≥ {least:g}",
            f"{value:.3f}" if accused else "no stamp is accused",
            value >= least if accused else None,
        )  # fmt: skip


def _called(chosen: dict[str, list[AttackOutcome]], prefix: str) -> list[str]:
    """Return attackers of that name or beginning with it, but for those with stolen means."""
    return [
        name
        for name in chosen
        if (name == prefix or name.startswith(f"{prefix},")) and "app key" not in name
    ]


def attacker_parameter_table() -> str:
    """Return every parameter that attackers share, with its source."""
    rows = [
        (f"`{name}`", f"{value}", meaning, source)
        for name, value, meaning, source in list_parameters(AttackerParameters)
    ]
    return table(("parameter", "value", "meaning", "source"), rows)


def attacker_list() -> str:
    """Return every attacker with its means."""
    rows: list[Sequence[str]] = []
    for x in ATTACKERS:
        every = f"every {x.every_minutes:g} minutes" if "mask" in x.act else ""
        every += " by day" if x.by_day else ""
        networks = "a fifth of its scans" if x.act == "flood" else f"{x.networks}"
        if x.means != "own":
            networks += f" ({x.means})"
        rows.append((x.name, x.act, x.target, networks, every.strip(), x.via, x.why))
    return table(("attacker", "does", "stamps", "networks", "when", "source", "why"), rows)
