"""`veritem replay` writes one JSON line a stamp."""

import gc
import io

from cli.replay import judge_recording, pause_garbage_collection, write_outcomes

STAMP = b'{"stamp":"s1","activated_at":"2026-07-01T06:00:00Z"}\n'


def test_the_outcome_of_each_stamp_is_one_json_line() -> None:
    out = io.BytesIO()
    write_outcomes(judge_recording([STAMP, STAMP.replace(b"s1", b"s2")]), out)
    assert [line[:22] for line in out.getvalue().splitlines()] == [
        b'{"stamp":"s1","verdict',
        b'{"stamp":"s2","verdict',
    ]


def test_garbage_collection_resumes_after_a_recording() -> None:
    with pause_garbage_collection():
        assert not gc.isenabled()
    assert gc.isenabled()
