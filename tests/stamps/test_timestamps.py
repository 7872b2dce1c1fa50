"""RFC 3339 timestamps: parsing and formatting."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detection.replay_format import ScanParser
from stamps.errors import VeritemError
from stamps.timestamps import MalformedTimestamp, format_rfc3339, parse_rfc3339

YEAR_1 = -62_135_596_800_000
YEAR_10000 = 253_402_300_800_000
ALL_MILLISECONDS = st.integers(YEAR_1, YEAR_10000 - 1)


@given(ALL_MILLISECONDS)
def test_formatting_and_parsing_a_timestamp_round_trip(at: int) -> None:
    assert parse_rfc3339(format_rfc3339(at)) == at


@given(st.datetimes(timezones=st.just(UTC)))
def test_the_standard_library_parses_the_text_equally(moment: datetime) -> None:
    cut = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    at = (cut - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    assert datetime.fromisoformat(format_rfc3339(at)) == cut


@given(ALL_MILLISECONDS, st.integers(-14 * 60, 14 * 60))
def test_equal_moments_with_different_offsets_are_equal(at: int, minutes: int) -> None:
    zone = timezone(timedelta(minutes=minutes))
    try:
        local = datetime.fromisoformat(format_rfc3339(at)).astimezone(zone)
    except OverflowError:
        return  # the moment has no local time in the years 1 to 9999
    assert parse_rfc3339(local.isoformat()) == at


def test_milliseconds_are_written_only_when_not_zero() -> None:
    assert format_rfc3339(0) == "1970-01-01T00:00:00Z"
    assert format_rfc3339(1) == "1970-01-01T00:00:00.001Z"
    assert format_rfc3339(-1) == "1969-12-31T23:59:59.999Z"
    assert format_rfc3339(None) is None


@pytest.mark.parametrize(
    ("fraction", "milliseconds"),
    [("", 0), (".5", 500), (".25", 250), (".0009", 0), (".9999", 999), (".123456789", 123)],
)
def test_fraction_digits_after_the_third_are_truncated(fraction: str, milliseconds: int) -> None:
    assert parse_rfc3339(f"1970-01-01T00:00:01{fraction}Z") == 1000 + milliseconds
    before_1970 = parse_rfc3339("1969-12-31T23:59:58Z")
    assert parse_rfc3339(f"1969-12-31T23:59:58{fraction}Z") == before_1970 + milliseconds


@pytest.mark.parametrize("text", ["2026-07-01t08:30:00z", "2026-07-01 08:30:00-00:00"])
def test_lower_case_and_a_space_are_accepted(text: str) -> None:
    assert parse_rfc3339(text) == parse_rfc3339("2026-07-01T08:30:00Z")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2026-07-01",
        "2026-07-01T08:30Z",
        "2026-07-01T08:30:00",
        "2026-07-01T08:30:00+07",
        "2026-07-01T08:30:00+0700",
        "2026-07-01T08:30:00,5Z",
        "2026-07-01T08:30:00.Z",
        "2026-07-01T08:30:00.1234567890Z",
        "2026-W27-3T08:30:00Z",
        "20260701T083000Z",
        "２０２６-07-01T08:30:00Z",
        " 2026-07-01T08:30:00Z",
        "2026-07-01T08:30:00Z\n",
    ],
)
def test_invalid_forms_are_refused(text: str) -> None:
    with pytest.raises(MalformedTimestamp, match="write it with its offset"):
        parse_rfc3339(text)


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-29T08:30:00Z",
        "2026-13-01T08:30:00Z",
        "2026-07-01T24:00:00Z",
        "2026-06-30T23:59:60Z",
        "2026-07-01T08:30:00+24:00",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
    ],
)
def test_nonexistent_dates_times_and_offsets_are_refused(text: str) -> None:
    with pytest.raises(MalformedTimestamp, match="no such date, time or offset"):
        parse_rfc3339(text)


def test_a_refusal_is_a_veritem_error_and_a_value_error() -> None:
    with pytest.raises(VeritemError) as refused:
        parse_rfc3339("yesterday")
    assert isinstance(refused.value, ValueError)
    assert refused.value.evidence["text"] == "yesterday"


def test_years_outside_0001_to_9999_are_refused() -> None:
    for at in (YEAR_1 - 1, YEAR_10000):
        with pytest.raises(OverflowError):
            format_rfc3339(at)


@given(st.integers(0, 4_000_000_000_000), st.integers(-14 * 60, 14 * 60))
def test_recordings_parse_timestamps_equally(at: int, minutes: int) -> None:
    utc = format_rfc3339(at)
    local = datetime.fromisoformat(utc).astimezone(timezone(timedelta(minutes=minutes)))
    parser = ScanParser({})
    texts = (utc, local.isoformat())
    assert {parser.parse_scan({"at": text}).at for text in texts} == {at}


def test_a_day_with_two_readings_is_refused_with_both() -> None:
    with pytest.raises(MalformedTimestamp, match="2026-04-03 or 2026-03-04; write it with"):
        parse_rfc3339("03/04/2026")


@pytest.mark.parametrize("fraction", ["1234567", "123456789", "123"])
def test_any_fraction_of_a_second_that_programs_write_is_read(fraction: str) -> None:
    assert parse_rfc3339(f"2026-11-20T00:00:00.{fraction}Z") % 1000 == 123
