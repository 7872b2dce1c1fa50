"""`benchmarks/README.md` shows the figures that are saved in `benchmarks/results`."""

from benchmarks.page import PAGE, draw_table


def test_the_page_shows_the_saved_figures() -> None:
    assert draw_table() in PAGE.read_text(encoding="utf-8")
