"""`veritem replay` as a guest in a process: what it borrows it gives back."""

import gc
import io

import pytest

from cli.replay import judged, write
from stamps.recording import UnreadableRecording

STAMP = b'{"stamp":"s1","activated_at":"2026-07-01T06:00:00Z"}\n'


def test_answers_are_one_json_line_a_stamp() -> None:
    out = io.BytesIO()
    write(judged([STAMP, STAMP.replace(b"s1", b"s2")]), out)
    assert [line[:22] for line in out.getvalue().splitlines()] == [
        b'{"stamp":"s1","verdict',
        b'{"stamp":"s2","verdict',
    ]


def test_the_collector_of_cycles_works_again_after_a_replay_and_after_a_refusal() -> None:
    assert gc.isenabled()
    list(judged([STAMP]))
    assert gc.isenabled()
    with pytest.raises(UnreadableRecording):
        list(judged([b"{nonsense"]))
    assert gc.isenabled()
