"""Ground truth of each stamp, in a file that no detector reads."""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from simulation.attacks import KINDS, NONE, PATTERNS, POISONED, Attacks
from simulation.chance import Bools, Floats, Ints
from simulation.events import TROUBLES, VISIT, Table


@dataclass(frozen=True)
class Truth:
    """One row for each stamp with a line in the replay and for each attacked stamp.

    Times are seconds from the world's start; NaN where the event did not happen.
    """

    active: int
    stamp: Ints
    kind: NDArray[np.int8]
    """Index in KINDS; poisoned stamps are genuine."""
    pattern: NDArray[np.int8]
    copies: Ints
    """K: copies made of the code (1 for one false item)."""
    sold: Ints
    """False items sold in the window."""
    labels: NDArray[np.uint32]
    sessions: Ints
    """Distinct pairs of a person and a physical item, by confirmed scans."""
    items: Ints
    """Distinct physical items scanned."""
    false_scans: Ints
    """Confirmed scans of false items."""
    people: Ints
    """Distinct persons and bots with a confirmed scan, of an item or of a picture."""
    scans: Ints
    """Confirmed scans of any kind."""
    first_offered: Floats
    """Time at which the first false item is on the shelf."""
    first_seen: Floats
    """Time of the first scan of a false item."""
    observable: Floats
    """Time from which the attack is observable; NaN if never (see `_observable`)."""
    attacker: str = ""
    """Name of the attacker of an attacked world."""
    targets: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    """Stamps that the attacker chose."""

    @property
    def attacked(self) -> Bools:
        """Stamps that deserve an alert: every attack but poisoning."""
        return np.asarray((self.kind != NONE) & (self.kind != POISONED))

    def rows(
        self, ordinals: dict[int, list[int]], by_attacker: dict[int, list[int]]
    ) -> Iterator[bytes]:
        """Return JSON lines.

        `ordinals` has the indexes of scan lines of false items by stamp, `by_attacker` those of an
        attacker's scans and visits.
        """
        names, targets = np.array(TROUBLES), {*self.targets.tolist()}
        for i in range(len(self.stamp)):
            stamp = int(self.stamp[i])
            row: dict[str, Any] = {
                "stamp": f"s{stamp}",
                "genuine": not bool(self.attacked[i]),
                "attack": KINDS[self.kind[i]] if self.kind[i] else None,
                "pattern": PATTERNS[self.pattern[i]] or None,
                "k": int(self.copies[i]),
                "copies_sold": int(self.sold[i]),
                "troubles": names[
                    [b for b in range(len(TROUBLES)) if self.labels[i] >> b & 1]
                ].tolist(),
                "sessions": int(self.sessions[i]),
                "items_scanned": int(self.items[i]),
                "copy_scans": ordinals.get(stamp, []),
                "observable": bool(np.isfinite(self.observable[i])),
            }
            if stamp in targets:
                row |= {"attacker": self.attacker, "attacker_scans": by_attacker.get(stamp, [])}
            yield orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)


def derive_truth(
    active: int, events: Table, at: Floats, labels: NDArray[np.uint32], attacks: Attacks,
    sold: Table, poisoned: Ints,
) -> Truth:  # fmt: skip
    """Derive the truth of all stamps from all events (in the server's order)."""
    stamp = np.unique(np.concatenate([events["stamp"], attacks.stamp]))
    n = len(stamp)
    of = np.searchsorted(stamp, events["stamp"])
    bits = np.zeros(n, np.uint32)
    np.bitwise_or.at(bits, of, labels)
    kind, pattern = np.zeros(n, np.int8), np.zeros(n, np.int8)
    copies, made = np.zeros(n, np.int64), np.searchsorted(stamp, attacks.stamp)
    kind[made], pattern[made], copies[made] = attacks.kind, attacks.pattern, attacks.copies
    kind[np.searchsorted(stamp, np.intersect1d(poisoned, stamp))] = POISONED
    row = np.searchsorted(stamp, sold["stamp"])

    counted = events["via"] != VISIT
    of_items = counted & (events["item"] >= 0)
    false = counted & (events["item"] > 0)
    return Truth(
        active=active, stamp=stamp, kind=kind, pattern=pattern, copies=copies,
        sold=np.bincount(row, minlength=n), labels=bits,
        sessions=_distinct(of[of_items], n, events["person"][of_items], events["item"][of_items]),
        items=_distinct(of[of_items], n, events["item"][of_items]),
        false_scans=np.bincount(of[false], minlength=n),
        people=_distinct(of[counted], n, events["person"][counted]),
        scans=np.bincount(of[counted], minlength=n),
        first_offered=_first(row, n, sold["arrive"]), first_seen=_first(of[false], n, at[false]),
        observable=_observable(kind, of, n, events, at, of_items),
    )  # fmt: skip


def joined_truths(first: Truth, second: Truth, attacker: str, targets: Ints) -> Truth:
    """Join the truths of disjoint stamps of one world, of which an attacker chose `targets`."""
    order = np.argsort(np.concatenate([first.stamp, second.stamp]), kind="stable")
    aligned = [f.name for f in fields(Truth) if f.name not in {"active", "attacker", "targets"}]
    columns = {
        name: np.concatenate([getattr(first, name), getattr(second, name)])[order]
        for name in aligned
    }
    return Truth(active=first.active, **columns, attacker=attacker, targets=targets)


def _distinct(of: Ints, n: int, *columns: Ints) -> Ints:
    if not len(of):
        return np.zeros(n, np.int64)
    order = np.lexsort((*columns, of))
    new = np.ones(len(of), bool)
    new[1:] = np.diff(of[order]) != 0
    for column in columns:
        new[1:] |= np.diff(column[order]) != 0
    return np.bincount(of[order[new]], minlength=n)


def _first(of: Ints, n: int, at: Floats) -> Floats:
    first = np.full(n, np.inf)
    np.minimum.at(first, of, at)
    return np.where(np.isfinite(first), first, np.nan)


def _observable(
    kind: NDArray[np.int8], of: Ints, n: int, events: Table, at: Floats, of_items: Bools
) -> Floats:
    """Return when each attack is first observable in the scans.

    Two items with one code look like one until both are scanned, so a copied or leaked code is
    observable from the first scan of a second physical item. A dormant or peeled stamp is one item,
    and observable from the first scan of its false life.
    """
    rows = np.flatnonzero(of_items)
    order = rows[np.lexsort((at[rows], events["item"][rows], of[rows]))]
    stamp, item = of[order], events["item"][order]
    starts = np.ones(len(order), bool)
    starts[1:] = (np.diff(stamp) != 0) | (np.diff(item) != 0)
    # The second smallest of the first scans of a stamp's items is the moment.
    stamp, item, when = stamp[starts], item[starts], at[order][starts]
    by_time = np.lexsort((when, stamp))
    s = stamp[by_time]
    nth = np.arange(len(s)) - np.searchsorted(s, s)
    second = np.full(n, np.nan)
    second[s[nth == 1]] = when[by_time][nth == 1]
    false = _first(stamp[item > 0], n, when[item > 0])
    pairs = (kind == KINDS.index("copied")) | (kind == KINDS.index("leaked"))
    alone = (kind == KINDS.index("dormant")) | (kind == KINDS.index("peeled"))
    return np.where(pairs, second, np.where(alone, false, np.nan))
