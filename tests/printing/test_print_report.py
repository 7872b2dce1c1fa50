"""Print reports are accepted whole or refused with line and reason."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printing import PrintReport, ReportedSpan, parse_report
from printing.errors import ReportRefused


def read(text: str | bytes) -> PrintReport:
    content = text.encode() if isinstance(text, str) else text
    return parse_report(content, batch=17, lo=0, hi=10_000)


CSV = """state,roll,reason
printed,17·0-4999,
spoiled,17·5000-5009,misprint
printed,17·5010-9999,
"""


def test_csv_with_roll_numbers() -> None:
    report = read(CSV)
    assert report.spans == (
        ReportedSpan("printed", 0, 5000, None, 2),
        ReportedSpan("spoiled", 5000, 5010, "misprint", 3),
        ReportedSpan("printed", 5010, 10000, None, 4),
    )
    assert (report.printed, report.spoiled) == (9990, 10)


@pytest.mark.parametrize(
    "text",
    [
        "state,first,last\nspoiled,17·7,17·9\n",
        "state,first,last\r\nspoiled,7,9\r\n",
        "\ufeffState, First, Last\nspoiled, 7 , 9\n\n",
        '{"state": "spoiled", "first": 7, "last": 9}\n',
        '{"state": "spoiled", "roll": "17.7-9"}',
        '\n{"state": "spoiled", "first": "17:7", "last": "9", "reason": "spoiled"}\n\n',
    ],
)
def test_equivalent_reports_are_equal(text) -> None:
    (span,) = read(text).spans
    assert (span.state, span.lo, span.hi, span.reason) == ("spoiled", 7, 10, "spoiled")


TABLES = {
    "semicolons": "state;roll;reason\r\nspoiled;17·7-9;Misprint\r\n",
    "tabs": "State\tRoll\tReason\r\nSPOILED\t17·7-9\tmisprint\r\n",
    "separator line": "sep=;\r\nstate;roll;reason\r\nspoiled;17·7-9;misprint\r\n",
    "empty columns": "state,roll,reason,,\r\nSpoiled,17·7-9,misprint,,\r\n,,,,\r\n",
    "quoted": '"state","roll","reason"\r\n"spoiled","17·7-9","misprint"\r\n',
    "mojibake": "state,roll,reason\nspoiled,17Â·7-9,misprint\n",
    "numbers": "state;reason;first;last\nspoiled;misprint; 7 ;17·9\n",
}


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1258", "cp1252"]
)
@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_a_table_as_spreadsheets_write_it_is_read(table: str, encoding: str) -> None:
    (span,) = read(table.encode(encoding)).spans
    assert (span.state, span.lo, span.hi, span.reason) == ("spoiled", 7, 10, "misprint")


def test_cells_missing_at_the_end_of_a_row_are_empty() -> None:
    report = read("state;roll;reason\nprinted;17·0-9\nspoiled;17·10\n")
    assert (report.printed, report.spoiled) == (10, 1)


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("", 1, "needs the fields state"),
        ("state,roll\n", 1, "names no stamps"),
        ("state,rolls\nprinted,17·0", 1, "no field rolls"),
        ("state,roll,roll\n", 1, "is repeated"),
        ("state,first\n", 1, "first and last"),
        ("state,roll\nprinted,17·0-9\nlost,17·10-19", 3, "'lost' is neither printed nor spoiled"),
        (
            "state,roll\nprinted,17·0-9\nprinted,17·9-19",
            3,
            "17·9 was already reported printed in line 2",
        ),
        (
            "state,roll\nspoiled,17·5-7\nprinted,17·0-9",
            3,
            "17·5-7 was already reported spoiled in line 2",
        ),
        ("state,roll\nprinted,18·0-9", 2, "is of batch 18"),
        (
            "state,roll\nprinted,17·9990-10000",
            2,
            "17·9990-10000 is not in what was to be printed, 17·0-9999",
        ),
        ("state,roll\nprinted,17", 2, "names a whole batch"),
        ("state,roll\nprinted,seventeen", 2, "not a serial range"),
        ("state,roll\nprinted", 2, "names no stamps"),
        ("state,roll\nprinted,17·0-9,,9", 2, "4 fields, the header 2"),
        ("state,roll\nprinted,", 2, "names no stamps"),
        ("state,first,last\nprinted,9,7", 2, "the last, 7, is before the first, 9"),
        ("state,first,last\nprinted,17·1-2,17·3", 2, "is a range"),
        ("state,first,last\nprinted,-1,3", 2, "not a serial range"),
        ("state,roll,reason\nprinted,17·0,misprint", 2, "printed stamps have no reason"),
        ("state,roll,reason\nspoiled,17·0,boredom", 2, "'boredom' is no reason; there are spoiled"),
        ('state,roll\nprinted,"17·0', 2, "not CSV"),
        ('{"state": "printed", "roll": "17·0"}\n{"state": ', 2, "not JSON"),
        ('{"state": "printed", "roll": 17}', 1, "17 is not a serial range"),
        ('{"state": "printed", "first": true, "last": 3}', 1, "True is neither"),
        ('{"state": "printed", "first": 1.5, "last": 3}', 1, "1.5 is neither"),
        ('{"state": "printed", "roll": "17·0", "first": 1, "last": 2}', 1, "both roll and first"),
        ("state,first,last\nprinted,0,2.009", 2, "two ways, 2·9 or 2009"),
        ("state;first;last\nprinted;0;2,009", 2, "two ways, 2·9 or 2009"),
        ("state,first,last\nprinted,1.0,9", 2, "two ways, 1·0 or 1"),
        ("state,first,last\nprinted,17.7,17.9", 2, "two ways, 17·7 or 17.7"),
        ("state,roll\nprinted,17.500-17.999", 2, "two ways, 17·500-999 or 17500-17999"),
        ('{"state": "printed", "first": "1.000", "last": "1.999"}', 1, "two ways, 1·0 or 1000"),
        ("state,roll\nprinted,17:0-" + "9" * 5000, 2, "write it as on the roll"),
        ("state,first,last\nprinted,0," + "9" * 5000, 2, "write the number alone"),
        ("state,roll\n".encode("utf-16") + b"\0", 2, "not UTF-16"),
        (b"PK\x03\x04workbook", 1, "save it as CSV"),
    ],
)
def test_an_invalid_report_is_refused_with_its_line(text, line, why) -> None:
    with pytest.raises(ReportRefused) as refusal:
        read(text)
    assert refusal.value.line == line
    assert why in refusal.value.why


def test_a_json_array_is_refused() -> None:
    with pytest.raises(ReportRefused, match="not a JSON object"):
        parse_report(b"[1]", batch=17, lo=0, hi=5, form="jsonl")


def test_a_file_over_the_size_limit_is_refused() -> None:
    with pytest.raises(ReportRefused, match="larger than"):
        read(b" " * 10_000_001)


@given(
    cuts=st.sets(st.integers(1, 9999), max_size=12),
    states=st.lists(st.sampled_from(["printed", "spoiled"]), min_size=13, max_size=13),
    order=st.randoms(),
)
def test_reports_in_any_order_balance(cuts, states, order) -> None:
    edges = [0, *sorted(cuts), 10_000]
    rows = [
        {"state": state, "first": lo, "last": hi - 1}
        for lo, hi, state in zip(edges, edges[1:], states, strict=False)
    ]
    order.shuffle(rows)
    report = read("\n".join(json.dumps(row) for row in rows))
    assert report.printed + report.spoiled == 10_000
    assert [s.lo for s in report.spans] == edges[:-1]
