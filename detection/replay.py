"""A recorded world, judged again: offline, deterministic, one scan after the other.

The recording has one JSON object a line, in time order. A line with `stamp` introduces a stamp
(or tells more of it later), a line with `scan` is one scan of it:

```
{"stamp": "s1", "activated_at": "2026-07-01T06:00:00Z", "packed": {"lat": 11.94, "lon": 108.44},
 "shelf_life_days": 10, "market": ["VN"], "batch": "b1"}
{"scan": "s1", "at": "2026-07-03T09:30:00Z", "device": "5e0f", "net": "77a1",
 "place": {"lat": 10.78, "lon": 106.7, "accuracy_m": 30}, "country": "VN", "via": "page"}
```

Only `stamp`, and `scan` with `at`, must be there; fields that are not known are passed over. A
stamp without `activated_at` is not in use yet. Scans that come late are judged when they come, as
the live service would. The answer for every stamp is
`{"stamp", "verdict", "score", "reasons", "first_caution_at", "first_suspect_at", "alerted_at"}`,
in the order of introduction; a stamp that was scanned and never introduced is `unknown`.

What a batch's other stamps say is counted as the recorder counts it: from scans already judged,
never from later ones.

>>> world = [
...     b'{"stamp": "s1", "activated_at": "2026-07-01T06:00:00Z"}',
...     b'{"scan": "s1", "at": "2026-07-03T09:30:00Z", "device": "5e0f", "via": "page"}',
... ]
>>> next(replay(world))["verdict"]
'authentic'
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import orjson

from detection.apply_scan import apply_scan
from detection.batch_anomaly import BatchAnomaly
from detection.place import Place
from detection.replay_format import Introduced, UnreadableRecording, event
from detection.rules import Rules
from detection.scan_event import ScanEvent, Via
from detection.scan_history import EMPTY, ScanHistory
from detection.score import Weighed, cap_score, weigh, weighs_alike
from detection.stamp_context import StampContext
from detection.user_agent import AgentClassifier
from detection.verdict import Reason, Verdict, assess, grade
from stamps.timestamps import format_rfc3339

# Stamps of one lot are introduced by lines that differ in the name alone.
_NAME_FIRST: Final = b'{"stamp":"'
_ESCAPE: Final = ord("\\")
_LOTS_KEPT: Final = 10_000
_loads: Final = orjson.loads
_NOBODY: Final = BatchAnomaly()
# By names of their own: asking an enum's class for a member takes 0.1 µs, and its value 0.2.
_VISIT: Final = Via.VISIT
_CAUTION: Final = Verdict.CAUTION
_SUSPECT: Final = Verdict.SUSPECT
_WORD: Final = {verdict: verdict.value for verdict in Verdict}


def replay(
    lines: Iterable[bytes],
    rules: Rules | None = None,
    provinces: Mapping[str, Place] | None = None,
) -> Iterator[dict[str, Any]]:
    """Judge a recording and tell what became of each stamp.

    `provinces` gives the middle and the radius of each province that a `place` may name by its
    code; without it such a place is taken for none.

    Raises `UnreadableRecording`, naming the line, for one that is not JSON or lacks what it must
    have. Blank lines are passed over.
    """
    telling = _Telling(rules or Rules(), provinces or {})
    for number, line in enumerate(lines, 1):
        try:
            telling.hear(line)
        except orjson.JSONDecodeError as bad:
            if line.strip():
                raise UnreadableRecording(line=number, why=f"not JSON, {bad}") from None
        except KeyError as bad:
            raise UnreadableRecording(line=number, why=f"{bad} is missing") from None
        except (ValueError, TypeError, AttributeError, OverflowError) as bad:
            raise UnreadableRecording(line=number, why=str(bad)) from None
    yield from telling.outcomes()


class _Story:
    """What happened to one stamp so far."""

    __slots__ = (
        "alerted_at",
        "anomalous",
        "caution_at",
        "facts",
        "history",
        "introduced",
        "score",
        "suspect_at",
        "unweighed",
        "weighed",
        "weighed_by",
        "weight",
    )

    def __init__(self, introduced: Introduced | None) -> None:
        self.introduced = introduced
        self.history: ScanHistory = EMPTY
        self.score = 0.0
        # What the score is still to be worked out from, where nothing else can come of it.
        self.unweighed: tuple[ScanHistory, StampContext] | None = None
        self.weighed: ScanHistory = EMPTY
        self.weighed_by: StampContext | None = None
        self.weight: Weighed = (0.0, 0.0, None)
        self.facts: StampContext | None = None
        self.anomalous = False
        self.caution_at: int | None = None
        self.suspect_at: int | None = None
        self.alerted_at: int | None = None


class _Telling:
    """A recording as far as it has been heard."""

    def __init__(self, rules: Rules, provinces: Mapping[str, Place]) -> None:
        self._rules = rules
        self._provinces = provinces
        self._agents = AgentClassifier()
        # In the order of introduction; a stamp that was not scanned has no story yet.
        self._stamps: dict[str, _Story | Introduced] = {}
        self._lots: dict[bytes, Introduced] = {}
        self._batches: dict[str, BatchAnomaly] = {}
        self._nats: dict[str, float] = {}

    def hear(self, line: bytes) -> None:
        """One line."""
        if line.startswith(_NAME_FIRST) and _ESCAPE not in line:
            self._hear_of_lot(line)
            return
        said = _loads(line)
        if not isinstance(said, dict):
            raise TypeError(f"it is a {type(said).__name__}, not an object")
        name = said.get("scan")
        if name is not None:
            story = self._stamps.get(name)
            if not isinstance(story, _Story):
                story = self._stamps[name] = _Story(story)
            seen = event(said, self._provinces, self._agents)
            if seen.via is not _VISIT and story.introduced is not None:
                self._judge(story, story.introduced, seen)
        elif "stamp" in said:
            self._introduce(str(said["stamp"]), Introduced(said))
        else:
            raise ValueError("it has neither `stamp` nor `scan`")

    def _hear_of_lot(self, line: bytes) -> None:
        """A stamp whose line says, after the name, what others of its lot said already."""
        name, _, rest = line[len(_NAME_FIRST) :].partition(b'"')
        introduced = self._lots.get(rest)
        if introduced is None:
            introduced = Introduced(_loads(line))
            if len(self._lots) >= _LOTS_KEPT:
                self._lots.clear()
            self._lots[rest] = introduced
        self._introduce(name.decode(), introduced)

    def _introduce(self, name: str, introduced: Introduced) -> None:
        story = self._stamps.get(name)
        if isinstance(story, _Story):
            if story.introduced is None:  # it was scanned before: its turn is now
                self._stamps[name] = self._stamps.pop(name)
            story.introduced = introduced
        else:
            self._stamps[name] = introduced

    def _judge(self, story: _Story, introduced: Introduced, seen: ScanEvent) -> None:
        at, rules, batch = seen.at, self._rules, introduced.batch
        before = story.history
        nats = 0.0 if batch is None else self._nats.get(batch, 0.0)
        story.facts = facts = introduced.facts_at(at, nats)
        story.history = history = apply_scan(before, seen, facts, rules)
        if history.sessions == before.sessions and history.places == before.places:
            return  # the same device again: nothing new to weigh
        alerted = story.alerted_at is not None
        if alerted and story.suspect_at is not None and (story.anomalous or batch is None):
            story.unweighed = history, facts  # all that can come of this stamp has come
            return
        story.unweighed = None
        if story.weighed_by is facts and weighs_alike(history, story.weighed, rules):
            own, score, measured = story.weight
        else:
            own, score, measured = story.weight = weigh(history, facts, rules)
            story.weighed_by = facts
        story.weighed = history
        if measured is not None:
            score, _ = cap_score(own, score, measured, history, facts, rules)
        story.score = score
        first = not before.scans
        if batch is not None and (first or (own >= rules.anomalous and not story.anomalous)):
            story.anomalous = own >= rules.anomalous
            self._note(batch, at, scanned=first, anomalous=story.anomalous)
        if score < rules.caution:
            return
        verdict = grade(score, measured, facts, rules, at)
        if verdict is _SUSPECT:
            if story.suspect_at is None:
                story.suspect_at = at
                story.caution_at = story.caution_at or at
        elif verdict is _CAUTION and story.caution_at is None:
            story.caution_at = at
        if not alerted and measured is not None and score >= rules.alert:
            story.alerted_at = at

    def _note(self, batch: str, at: int, *, scanned: bool, anomalous: bool) -> None:
        """Count a stamp for its batch."""
        around = self._batches.get(batch, _NOBODY).note(
            at, self._rules, scanned=scanned, anomalous=anomalous
        )
        self._batches[batch] = around
        self._nats[batch] = around.evidence(self._rules)

    def outcomes(self) -> Iterator[dict[str, Any]]:
        """What became of each stamp, in the order of introduction; then those never introduced."""
        strangers = []
        for name, story in self._stamps.items():
            if not isinstance(story, _Story):
                yield self._outcome(name, _Story(story))
            elif story.introduced is None:
                strangers.append(name)
            else:
                yield self._outcome(name, story)
        for name in strangers:
            yield self._outcome(name, _Story(None))

    def _outcome(self, name: str, story: _Story) -> dict[str, Any]:
        verdict = Verdict.UNKNOWN
        reasons: tuple[Reason, ...] = ()
        if story.facts is not None:
            if story.unweighed is not None:
                weighed, facts = story.unweighed
                own, story.score, measured = weigh(weighed, facts, self._rules)
                if measured is not None:
                    story.score, _ = cap_score(
                        own, story.score, measured, weighed, facts, self._rules
                    )
            history = story.history
            ended = assess(history, story.facts, self._rules, history.last_at, counted=False)
            verdict, reasons = ended.verdict, ended.reasons
        elif story.introduced is not None:
            verdict = grade(0.0, None, story.introduced.facts, self._rules, None)
        return {
            "stamp": name,
            "verdict": _WORD[verdict],
            # Most have none, and rounding takes as long as all the rest of it.
            "score": round(story.score, 3) if story.score else 0.0,
            "reasons": [str(reason) for reason in reasons],
            "first_caution_at": format_rfc3339(story.caution_at),
            "first_suspect_at": format_rfc3339(story.suspect_at),
            "alerted_at": format_rfc3339(story.alerted_at),
        }
