"""Tables of `docs/detection.md`, written between its markers."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from benchmarks.detection.baselines import BASELINES
from benchmarks.detection.campaign import OURS, RATES
from benchmarks.detection.curves import Estimate, ratio, ratio_of, recall, recall_at, stratum
from benchmarks.detection.evaluate import ITEM_GROUPS, Tally
from benchmarks.detection.gates import Found, Gate, false_rate, gates, precision
from simulation import Parameters
from simulation.attacks import PATTERNS
from simulation.parameters import list_parameters

INSPECTORS = Parameters().inspectors
NATION_A_YEAR = 500e6
"""Durian stamps a year, the scale of the design."""


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines)


def write_into(page: Path, tables: dict[str, str]) -> None:
    """Replace the text between `<!-- name -->` and `<!-- /name -->` for each table."""
    text = page.read_text()
    for name, body in tables.items():
        pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        if not pattern.search(text):
            raise ValueError(f"{page} has no place marked {name}")
        text = pattern.sub(lambda m, body=body: f"{m[1]}\n{body}\n\n{m[2]}", text)  # type: ignore[misc]  # bound now
    page.write_text(text)


def tables(found: Found) -> dict[str, str]:
    """Return every table by its name in the page."""
    return {
        "gates": gate_table(gates(found)),
        "settings": setting_table(found),
        "recall": recall_table(found),
        "evidence": evidence_table(found),
        "items": item_table(found),
        "kinds": kind_table(found),
        "baselines": baseline_table(found),
        "troubles": trouble_table(found),
        "delays": delay_table(found),
        "parameters": parameter_table(),
    }


def gate_table(rows: Sequence[Gate]) -> str:
    """Return all gates, with missed ones in bold."""
    said = {True: "met", False: "**missed**", None: "not measurable"}
    return table(
        ("gate", "promised", "measured", ""),
        [(g.name, g.promised, g.measured, said[g.met]) for g in rows],
    )


def setting_table(found: Found) -> str:
    """Return recall, false alarms, precision and numbers of alerts for each kind of world."""
    rows = []
    for name, by_judge in found.items():
        tallies = by_judge.get(OURS, [])
        if not tallies:
            continue
        total = ratio(tallies, stratum(3, at_least=1), stratum(0, at_least=1))
        per_day = sum(t.alerts for t in tallies) / sum(t.days for t in tallies)
        active = tallies[0].active
        nation = per_day / active * NATION_A_YEAR * (Parameters().days / 365) / INSPECTORS
        rows.append((
            f"{name} ({len(tallies)} × {active / 1e6:g} M)",
            false_rate(tallies, "false_alerts").text(".1e"),
            false_rate(tallies, "false_alerts", "genuine_scanned").text(".1e"),
            false_rate(tallies, "false_suspects").text(".1e"),
            false_rate(tallies, "false_cautions").text(".1e"),
            total.text(), recall(tallies).text(), precision(tallies).text(),
            f"{per_day:.1f}", f"{nation:.1f}",
        ))  # fmt: skip
    return table(
        ("world", "false alerts / genuine", "/ genuine *scanned*", "suspect shown / genuine",
         "caution shown / genuine", "recall, all copied", "recall of the ceiling", "precision",
         "alerts a day", "alerts an inspector-day, nation"), rows,
    )  # fmt: skip


def recall_table(found: Found) -> str:
    """Return recall by K and rate: absolute, the two ceilings, and relative to the ceiling."""
    rows = []
    for rate in RATES:
        tallies = found[f"rate {rate:g}"].get(OURS, [])
        if not tallies:
            continue
        for k in Parameters().copies:
            parts = [_share(tallies, column, k) for column in (3, 1, 2)]
            rows.append((
                f"{rate:.1%}", f"{k:,}", *(f"{e.value:.3f}" for e in parts),
                recall(tallies, at_least=k, at_most=k).text(),
                *(recall(tallies, at_least=k, at_most=k, pattern=p).text(".2f").split(" ")[0]
                  for p in ("nation", "region", "adaptive")),
            ))  # fmt: skip
    return table(
        ("scan rate", "K", "recall", "ceiling: two items", "two sessions",
         "recall of the ceiling", "nation", "region", "adaptive"), rows,
    )  # fmt: skip


def _share(tallies: Sequence[Tally], column: int, k: int) -> Estimate:
    return ratio(
        tallies,
        stratum(column, at_least=k, at_most=k),
        stratum(0, at_least=k, at_most=k),
    )


def item_table(found: Found) -> str:
    """Return recall by the number of scanned items with one code."""
    every = [t for rate in RATES for t in found[f"rate {rate:g}"].get(OURS, [])]
    rows = []
    for low, high in ITEM_GROUPS:
        cells = []
        for pattern in PATTERNS[1:]:
            n, caught = np.array([t.by_items[f"{low}/{pattern}"] for t in every]).sum(axis=0)
            cells.append(f"{caught / n:.2f} of {n:,}" if n else "–")
        name = f"{low}" if low == high else f"{low}–{high}" if high < 1000 else f"{low} or more"
        rows.append((name, *cells))
    return table(("items scanned", *PATTERNS[1:]), rows)


def evidence_table(found: Found) -> str:
    """Return the mean evidence in the scans of an observable code, by rate and K."""
    rows = []
    for rate in RATES:
        for k in Parameters().copies:
            every = [t.evidence[str(k)] for t in found[f"rate {rate:g}"].get(OURS, [])]
            seen, placed, items, sessions = np.array(every).sum(axis=0)
            if seen >= 10:
                rows.append((f"{rate:.1%}", f"{k:,}", f"{seen:,}", f"{items / seen:.1f}",
                             f"{sessions / seen:.1f}", f"{placed / seen:.0%}"))  # fmt: skip
    return table(
        ("scan rate", "K", "codes that can be seen", "items scanned", "sessions",
         "two items with given places"), rows,
    )  # fmt: skip


def kind_table(found: Found) -> str:
    """Return the attacks other than plain copies."""
    rows = []
    for kind in ("leaked", "dormant", "peeled"):
        for rate in RATES:
            tallies = found[f"rate {rate:g}"].get(OURS, [])
            if tallies:
                whole = ratio(tallies, stratum(3, kind=kind), stratum(0, kind=kind))
                seen = ratio(tallies, stratum(1, kind=kind), stratum(0, kind=kind))
                rows.append((kind, f"{rate:.1%}", f"{whole.of:,.0f}", whole.text(".3f"),
                             seen.text(".3f"), recall(tallies, kind=kind).text()))  # fmt: skip
    head = ("attack", "scan rate", "codes", "recall", "ceiling", "recall of the ceiling")
    return table(head, rows)


def baseline_table(found: Found) -> str:
    """Return recall of the ceiling of every judge at our own rate of false alerts."""
    rows = []
    for rate in RATES:
        worlds = found[f"rate {rate:g}"]
        if OURS not in worlds:
            continue
        fpr = false_rate(worlds[OURS], "false_alerts").value
        for k in Parameters().copies:
            own = ratio_of(worlds[OURS], k, k)
            rivals = [recall_at(worlds[b], fpr, k, k) for b in BASELINES]
            if np.isfinite(own):
                rows.append((f"{rate:.1%}", f"{fpr:.1e}", f"{k:,}", f"**{own:.3f}**",
                             *(f"{other:.3f}" for other in rivals)))  # fmt: skip
    return table(("scan rate", "false alerts", "K", "**veritem**", *BASELINES), rows)


def trouble_table(found: Found) -> str:
    """Return false alarms by trouble, over all scan rates at a prevalence of 0.1 %."""
    every = [t for rate in RATES for t in found[f"rate {rate:g}"].get(OURS, [])]
    rows = []
    for name in every[0].troubles if every else ():
        counts = np.array([t.troubles[name] for t in every]).sum(axis=0)
        n, alerts, suspects, cautions, pure, *purely = counts.tolist()
        rows.append((name.replace("_", " "), f"{n:,}", f"{alerts}", f"{suspects}", f"{cautions:,}",
                     f"{pure:,}", f"{purely[0]}", f"{purely[1]}", f"{purely[2]:,}"))  # fmt: skip
    return table(
        ("trouble", "genuine stamps", "alerts", "suspect shown", "caution shown",
         "purely so", "alerts", "suspect", "caution"), rows,
    )  # fmt: skip


def delay_table(found: Found) -> str:
    """Return time and scans of copies until detection, for caught codes."""
    rows = []
    for rate in RATES:
        tallies = found[f"rate {rate:g}"].get(OURS, [])
        delays = np.array([row for t in tallies for row in t.delays]).reshape(-1, 4)
        for k in Parameters().copies:
            mine = delays[delays[:, 0] == k]
            if len(mine) >= 10:
                hours, after, scans = (np.nanpercentile(mine[:, c], [50, 90]) for c in (1, 2, 3))
                rows.append((f"{rate:.1%}", f"{k:,}", f"{len(mine):,}",
                             f"{hours[0]:.0f} / {hours[1]:.0f}", f"{after[0]:.0f} / {after[1]:.0f}",
                             f"{scans[0]:.0f} / {scans[1]:.0f}"))  # fmt: skip
    return table(
        ("scan rate", "K", "caught", "hours from the first copy on a shelf (median / 90 %)",
         "hours from observable", "scans of copies"), rows,
    )  # fmt: skip


def parameter_table() -> str:
    """Return every parameter of the world with its source."""
    rows = [
        (f"`{name}`", f"{value}".replace("|", "/"), meaning, source)
        for name, value, meaning, source in list_parameters()
    ]
    return table(("parameter", "value", "meaning", "source"), rows)
