"""Draw the table of figures in `benchmarks/README.md` (`python -m benchmarks.page`)."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

RESULTS: Final = Path(__file__).parent / "results"
PAGE: Final = Path(__file__).parent / "README.md"
NAMES: Final = (
    "issue",
    "print",
    "resolve",
    "memory",
    "detect",
    "replay",
    "doors",
    "phone",
    "desk",
    "trace",
)
BEGIN: Final = "<!-- figures -->\n"
END: Final = "<!-- /figures -->\n"


def draw_table() -> str:
    """Return a table of all saved figures; the later file wins where a figure is saved twice."""
    figures: dict[str, dict[str, Any]] = {}
    for file in (RESULTS / f"{name}.json" for name in NAMES):
        if file.exists():
            for figure in json.loads(file.read_text()):
                figures[figure["name"]] = figure
    rows = [_draw_row(figure) for figure in figures.values() if "[" not in figure["name"]]
    return "\n".join(["| figure | value | ours over the peer's |", "|---|---|---|", *rows]) + "\n"


def write_page() -> None:
    """Replace the table between its markers."""
    text = PAGE.read_text(encoding="utf-8")
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    PAGE.write_text(head + BEGIN + "\n" + draw_table() + "\n" + END + tail, encoding="utf-8")


def _draw_row(figure: dict[str, Any]) -> str:
    ratios = " · ".join(_draw_ratios(figure["ratios"]))
    return f"| `{figure['name']}` | {_round(figure['figure'])} {figure['unit']} | {ratios} |"


def _draw_ratios(ratios: dict[str, float]) -> Iterator[str]:
    for peer, ratio in ratios.items():
        yield f"{_round(ratio)} {peer}"


def _round(value: float) -> str:
    """Format with three significant digits, without an exponent down to a millionth."""
    return f"{float(f'{value:.3g}'):,.0f}" if value >= 100 else f"{value:.3g}"


if __name__ == "__main__":
    write_page()
