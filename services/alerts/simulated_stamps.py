"""The scanned stamps of the simulated world, as `detection.drift` counts them.

`python -m benchmarks.detection.distribution` writes the file.
"""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final, get_args

from detection.drift import Population

SIMULATED_FILE: Final = Path(__file__).with_name("simulated_stamps.json")


@cache
def load_simulated() -> Mapping[Population, Mapping[str, Sequence[int]]]:
    """Return the histograms of the simulated world, by population and number."""
    document = json.loads(SIMULATED_FILE.read_bytes())
    return {population: document[population] for population in get_args(Population)}
