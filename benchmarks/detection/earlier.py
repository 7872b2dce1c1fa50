"""The judge of another checkout (`--against PATH`), for the same recordings."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson

from benchmarks.checkout import Checkout
from benchmarks.detection.baselines import Row


@dataclass(frozen=True)
class EarlierJudge:
    """`veritem replay` of a checkout, as a judge of lines."""

    checkout: Checkout

    def __call__(self, lines: Iterable[bytes], scan_rate: float | None = None) -> Iterator[Row]:
        """Yield the outcome of each stamp."""
        with TemporaryDirectory() as directory:
            recording = Path(directory, "scans.jsonl")
            with recording.open("wb") as file:
                file.writelines(lines)
            for line in self.checkout.replay(recording, scan_rate):
                yield orjson.loads(line)
