"""`make docs`: redraw docs/settings.md from the settings classes (`python -m cli.drawn`)."""

from pathlib import Path
from typing import Final

from cli.settings import Settings
from config import draw

PAGE: Final = Path(__file__).parents[1] / "docs" / "settings.md"
MARK: Final = "<!-- drawn: cli.settings.Settings -->\n"


def main() -> None:
    """Write the page anew below its mark."""
    written, mark, _ = PAGE.read_text(encoding="utf-8").partition(MARK)
    PAGE.write_text(written + mark + draw(Settings), encoding="utf-8")


if __name__ == "__main__":
    main()
