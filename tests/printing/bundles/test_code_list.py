"""Code lists: csv and json parse them, and rows equal the symbols."""

import codecs
import csv
import io
import json

import pytest

from printing import stream_code_list
from printing.errors import RunRefused
from tests.printing.support import gs1_signature, pins, seal, uris


def text(run, form, lo, hi) -> str:
    return b"".join(stream_code_list(run, form, lo, hi)).decode("utf-8-sig")


@pytest.mark.parametrize(
    "changes", [{}, {"grade": "signed"}, {"pins": pins}, {"gtin": "08935000000014"}]
)
def test_csv_and_jsonl_have_equal_rows(make_run, changes) -> None:
    run = make_run(lo=8, hi=1005, **changes)
    rows = list(csv.DictReader(io.StringIO(text(run, "csv", 8, 1005), newline="")))
    objects = [json.loads(line) for line in text(run, "jsonl", 8, 1005).splitlines()]
    for one in rows:
        if "pin" in one:  # in two groups, so that a spreadsheet keeps its zeros
            assert one["pin"][4] == " "
            one["pin"] = one["pin"].replace(" ", "")
    assert [{**o, "index": str(o["index"])} for o in objects] == rows
    assert [r["uri"] for r in rows] == uris(run, 8, 1005)
    assert [r["code"] for r in rows] == [c.decode() for c in seal(8, 1005)]
    assert [r["roll"] for r in rows] == [f"17·{i}" for i in range(8, 1005)]
    assert [r["index"] for r in rows] == [str(i) for i in range(8, 1005)]
    assert ("pin" in rows[0]) == ("pins" in changes)


def test_pins_are_on_the_lines_of_their_codes(make_run) -> None:
    run = make_run(pins=pins, hi=3)
    rows = list(csv.DictReader(io.StringIO(text(run, "csv", 0, 3), newline="")))
    listed = [p.decode() for p in pins(seal(0, 3))]
    assert [r["pin"] for r in rows] == [f"{pin[:4]} {pin[4:]}" for pin in listed]


def test_a_signed_gs1_line_has_a_base64url_signature(make_run) -> None:
    run = make_run(grade="signed", gtin="08935000000014")
    first = json.loads(text(run, "jsonl", 0, 1))
    base32 = run.sign(run.seal(0, 1))[0].decode()
    assert first["uri"].endswith(f"/21/{first['code']}?8030={gs1_signature(base32)}")


def test_the_exact_bytes_of_a_csv(make_run) -> None:
    code = seal(0, 1)[0].decode()
    written = b"".join(stream_code_list(make_run(), "csv", 0, 1))
    assert written.startswith(codecs.BOM_UTF8)
    assert not b"".join(stream_code_list(make_run(), "jsonl", 0, 1)).startswith(codecs.BOM_UTF8)
    assert text(make_run(), "csv", 0, 1) == (
        f"index,code,uri,roll\r\n0,{code},HTTPS://VERITEM.VN/S/{code},17·0\r\n"
    )


def test_chunks_concatenate_to_the_whole_list(make_run) -> None:
    run = make_run(hi=40000, seal=lambda lo, hi: seal(0, 1).repeat(hi - lo))
    rows = text(run, "csv", 0, 40000).split("\r\n")[1:-1]
    assert [int(r.partition(",")[0]) for r in rows] == list(range(40000))


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"lo": 5, "hi": 5}, r"\[5, 5\) holds no stamp"),
        ({"lo": -1}, "holds no stamp"),
        ({"grade": "signed", "sign": None}, "without its signatures"),
        ({"gtin": "08935000000015"}, "not a GTIN"),
        ({"gtin": "8935000000014"}, "not a GTIN"),
    ],
)
def test_an_inconsistent_run_is_refused(make_run, changes, why) -> None:
    with pytest.raises(RunRefused, match=why):
        make_run(**changes)


def test_a_part_outside_the_run_is_refused(make_run) -> None:
    with pytest.raises(RunRefused, match=r"\[90, 101\) is outside the run \[0, 100\)"):
        text(make_run(), "csv", 90, 101)


def test_pins_of_several_lengths_are_refused(make_run) -> None:
    import numpy as np

    run = make_run(pins=lambda codes: np.array([b"1234", b"12345678"])[: len(codes)], hi=2)
    with pytest.raises(RunRefused, match="one length"):
        text(run, "csv", 0, 2)
