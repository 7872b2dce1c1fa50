"""The page for receivers shows the events that there are, and a text names each."""

from dataclasses import fields
from pathlib import Path

from desk.texts import TEXTS
from ledger.notices.notice_events import EVENTS, TEST_EVENT, render_events

DOCS = Path(__file__).parents[3] / "docs" / "webhooks.md"


def test_the_page_shows_every_event_with_an_example() -> None:
    assert render_events() in DOCS.read_text("utf-8")


def test_every_event_has_a_text_and_names_no_person() -> None:
    for name in (*EVENTS, TEST_EVENT):
        assert TEXTS["vi"].has(f"webhook_event.{name}")
    named = {one.name for kind in EVENTS.values() for one in fields(kind.example)}
    assert not named & {"actor", "by", "name", "code", "account"}
