"""A sighting: what the judge is told of a scan, and no more."""

import dataclasses

from detection.place import Place
from detection.scan_event import ScanEvent, Via
from detection.user_agent import AgentClass


def test_only_the_time_must_be_known() -> None:
    assert ScanEvent(0) == ScanEvent(0, None, None, None, None, Via.PAGE, None, AgentClass.OTHER)


def test_ways_are_the_words_that_replay_and_the_journal_use() -> None:
    assert [via.value for via in Via] == ["inspector", "app", "page", "visit"]


def test_a_sighting_keeps_nothing_that_names_a_person() -> None:
    fields = ("at", "device", "network", "place", "country", "via", "province", "agent", "weighs")
    assert tuple(field.name for field in dataclasses.fields(ScanEvent)) == fields
    assert Place._fields == ("lat", "lon", "accuracy_m")
