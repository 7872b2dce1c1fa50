"""`veritem replay`: what it writes."""

import gc
import io

from cli.replay import judged, uncollected, write

STAMP = b'{"stamp":"s1","activated_at":"2026-07-01T06:00:00Z"}\n'


def test_answers_are_one_json_line_a_stamp() -> None:
    out = io.BytesIO()
    write(judged([STAMP, STAMP.replace(b"s1", b"s2")]), out)
    assert [line[:22] for line in out.getvalue().splitlines()] == [
        b'{"stamp":"s1","verdict',
        b'{"stamp":"s2","verdict',
    ]


def test_garbage_is_collected_again_once_a_recording_is_judged() -> None:
    with uncollected():
        assert not gc.isenabled()
    assert gc.isenabled()
