"""Gates of the evaluation: the promised value, the measured value, met or missed."""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.detection.baselines import BASELINES
from benchmarks.detection.campaign import OURS, RATES
from benchmarks.detection.curves import Estimate, lead_over, ratio, recall, stratum
from benchmarks.detection.evaluate import Tally
from simulation import Parameters

Found = dict[str, dict[str, list[Tally]]]

QUIET = ("preview", "preview_script", "one_device", "one_person", "shelf", "sample")


@dataclass(frozen=True)
class Gate:
    """One promised value. The point estimate decides `met`; the interval shows its uncertainty.

    `met` is None when the worlds have nothing to measure.
    """

    name: str
    promised: str
    measured: str
    met: bool | None


def gates(found: Found) -> list[Gate]:
    """Return every gate on the held-out worlds at all scan rates."""
    ours = {rate: found[f"rate {rate:g}"][OURS] for rate in RATES}
    return [
        *_false_alarms(ours),
        *_quiet(ours),
        *_viral(ours),
        *_recall(ours),
        *_precision(ours),
        *_above_baselines(found),
    ]


def false_rate(tallies: Sequence[Tally], part: str, whole: str = "genuine") -> Estimate:
    """Return false alarms of a kind per genuine stamp."""
    return ratio(tallies, lambda t: float(getattr(t, part)), lambda t: float(getattr(t, whole)))


def precision(tallies: Sequence[Tally]) -> Estimate:
    """Return the share of alerts on attacked codes, without alerts that name a poisoning."""
    return ratio(tallies, lambda t: t.true_alerts, lambda t: float(t.true_alerts + t.false_alerts))


def _false_alarms(ours: dict[float, list[Tally]]) -> list[Gate]:
    rows = []
    for part, name, most in (
        ("false_alerts", "false alerts per genuine stamp", 1e-4),
        ("false_suspects", "suspect shown per genuine stamp", 1e-5),
    ):
        for rate, tallies in ours.items():
            e = false_rate(tallies, part)
            rows.append(
                Gate(f"{name}, scan rate {rate:.1%}", f"≤ {most:g}", e.text(".1e"), e.value <= most)
            )
    return rows


def _quiet(ours: dict[float, list[Tally]]) -> list[Gate]:
    rows = []
    for name in QUIET:
        for what, column in (("alerts", 1), ("suspect", 2)):
            every = [t.troubles[name] for tallies in ours.values() for t in tallies]
            carrying, pure = sum(c[column] for c in every), sum(c[column + 4] for c in every)
            whole = sum(c[0] for c in every)
            rows.append(
                Gate(
                    f"{name.replace('_', ' ')}: {what}", "none",
                    f"{carrying} of {whole:,} carrying it, {pure} purely so", pure == 0,
                )
            )  # fmt: skip
    return rows


def _viral(ours: dict[float, list[Tally]]) -> list[Gate]:
    def added(what: str) -> list[int]:
        every = [t.told_apart[what] for tallies in ours.values() for t in tallies]
        return [sum(column) for column in zip(*every, strict=True)]

    stamps, marked, told, alerts, suspects = added("viral")
    named = added("viral, by its name")[2]
    text = (
        f"{told} of {marked} marked, {named} of them by its name; {alerts} alerts, {suspects}"
        f" suspect ({stamps} photos)"
    )
    name = "the viral photo is told apart from clones in its reasons"
    return [Gate(name, "always", text, told == marked)]


def _recall(ours: dict[float, list[Tally]]) -> list[Gate]:
    rows = []
    for rate, least, together in ((0.10, 0.9, 0.9), (0.05, 0.9, 0.95), (0.01, 0.7, 0.85)):
        for k in (k for k in Parameters().copies if k >= 100):
            e = recall(ours[rate], at_least=k, at_most=k)
            name = f"recall of the ceiling, K = {k:,}, scan rate {rate:.0%}"
            rows.append(Gate(name, f"≥ {least}", e.text(".3f"), e.value >= least))
        e = recall(ours[rate], at_least=100)
        name = f"recall of the ceiling, K ≥ 100, scan rate {rate:.0%}"
        rows.append(Gate(name, f"≥ {together}", e.text(".3f"), e.value >= together))
    e = recall(ours[0.05], at_least=10, at_most=100)
    name = "recall of the ceiling, K = 10 to 100, scan rate 5% (an aim)"
    rows.append(Gate(name, "≥ 0.6", e.text(".3f"), e.value >= 0.6))
    return rows


def _precision(ours: dict[float, list[Tally]]) -> list[Gate]:
    rows = []
    for rate, tallies in ours.items():
        e = precision(tallies)
        name = f"precision at a prevalence of 0.1 %, scan rate {rate:.1%}"
        rows.append(Gate(name, "≥ 0.8", e.text(), e.value >= 0.8))
    return rows


def _above_baselines(found: Found) -> list[Gate]:
    rows = []
    for rate in RATES:
        worlds = found[f"rate {rate:g}"]
        for k in Parameters().copies:
            leads = {b: lead_over(worlds[OURS], worlds[b], k, k) for b in BASELINES}
            best, (own, other, lead) = min(leads.items(), key=_lead)
            observable = sum(stratum(1, at_least=k, at_most=k)(t) for t in worlds[OURS])
            name = f"above every baseline (or all caught), K = {k:,}, scan rate {rate:.1%}"
            if not observable:
                rows.append(Gate(name, "> best", "nothing observable in these worlds", met=None))
                continue
            text = f"{own:.3f} against {other:.3f} ({best}); lead {lead.text('.3f')}"
            rows.append(Gate(name, "> best", text, own > other or own == 1.0))
    return rows


def _lead(item: tuple[str, tuple[float, float, Estimate]]) -> float:
    """Sort baselines by our lead, the smallest first."""
    return item[1][2].value
