"""Conformance vectors of GS1 texts (`gs1_vectors.toml`)."""

import tomllib
from pathlib import Path
from typing import Any, Final

VECTORS: Final[dict[str, Any]] = tomllib.loads(
    Path(__file__).with_name("gs1_vectors.toml").read_text("utf-8")
)
