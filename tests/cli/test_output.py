"""Command output: markup, ASCII terminals, closed pipes, times and GS1 elements."""

import getpass
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cli import output
from cli.context import get_user_name
from cli.output import encode_json, format_local_time, print_fields, print_table
from tests.cli.conftest import Veritem

VALUES = ["[/b]", "[hữu cơ]", "[bold]x[/bold]", ":smile:", "[link=https://x]y[/link]"]


@pytest.mark.parametrize("value", VALUES)
def test_a_value_is_never_parsed_as_markup(value: str, capsys: pytest.CaptureFixture[str]) -> None:
    print_table(f"Title {value}", ("name", value), [(value, 1)])
    print_fields(f"Fields {value}", {"name": value})
    output.print_line(value)
    output.print_message(value)
    printed = capsys.readouterr()
    assert printed.out.count(value) == 6
    assert value in printed.err


def test_a_command_keeps_names_with_brackets(place: Veritem) -> None:
    name = "Vườn [hữu cơ] [/b]"
    added = place(
        "registry", "organisation", "htx", "--kind", "packer", "--name", name, "--as", "minh"
    )
    assert added.status == 0
    assert name in added.out
    assert name in place("registry", "list").out
    refused = place("order", "approve", "[/red]")
    assert refused.status == 1
    assert "[/red]" in refused.err


def test_json_is_ascii_where_standard_output_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
    assert encode_json({"name": "hữu cơ"}) == '{"name": "h\\u1eefu c\\u01a1"}'


def test_a_terminal_without_unicode_shows_question_marks() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cli", "--help"],
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0
    assert b"Traceback" not in done.stderr


def test_a_closed_pipe_ends_a_command_without_a_traceback(tmp_path: Path) -> None:
    program = (
        "import sys; sys.argv = ['veritem', 'gs1', '(01)08935000000014(21)ABC', '--json'];"
        " from cli.main import main; sys.stdin.read(); main()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert process.stdin
    assert process.stdout
    process.stdout.close()
    process.stdin.close()
    process.wait(60)
    assert process.stderr
    assert process.stderr.read() == b""


def test_a_user_without_a_name_acts_by_user_id(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> str:
        raise KeyError("getpwuid(): uid not found")

    monkeypatch.setattr(getpass, "getuser", fail)
    assert get_user_name() == f"uid-{os.getuid()}"


def test_times_are_shown_in_vietnam_time() -> None:
    assert format_local_time(1_795_000_000_000) == "2026-11-18 18:06"
    assert format_local_time(None) == ""


def test_gs1_prints_the_elements(veritem: Veritem) -> None:
    shown = veritem("gs1", "]Q3010893500000001421ABC", "--json").json
    assert shown["elements"] == {"01": "08935000000014", "21": "ABC"}
    link = veritem("gs1", "https://id.example/01/08935000000014/21/ABC", "--json").json
    assert link == shown
    assert veritem("gs1", "(01)08935000000015").status == 1


def test_gs1_writes_what_it_reads(veritem: Veritem) -> None:
    read = veritem("gs1", "(01)08935000000014(10)L/7", "--json").json["elements"]
    root = ("--root", "https://veritem.vn")
    written = veritem("gs1", "--write", json.dumps(read), *root, "--json").json
    assert written["digital_link"] == "https://veritem.vn/01/08935000000014/10/L%2F7"
    assert written["element_string"] == "(01)08935000000014(10)L/7"
    assert veritem("gs1", written["digital_link"], "--json").json["elements"] == read
    assert "stands twice" in veritem("gs1", "--write", '{"10": "a", "10": "b"}').err


def test_a_table_in_a_pipe_has_one_line_a_row(place: Veritem) -> None:
    name = "Hợp tác xã nông nghiệp hữu cơ Krông Pắc " * 6
    place("registry", "organisation", "htx", "--kind", "packer", "--name", name, "--as", "minh")
    printed = place("registry", "list").out
    assert "\x1b" not in printed
    (line,) = [line for line in printed.splitlines() if "htx" in line]
    assert name.strip() in line


@pytest.mark.parametrize("columns", ["20", "80"])
def test_a_narrow_pipe_cuts_nothing(place: Veritem, columns: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cli", "order", "list"],
        env={**os.environ, "COLUMNS": columns, "PYTHONIOENCODING": "ascii", "TERM": "dumb"}
        | {"PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        check=True,
    )
    (line,) = [line for line in done.stdout.splitlines() if b"O1" in line]
    assert b"approved" in line
    assert b"\x1b" not in done.stdout


@pytest.mark.parametrize("name", ["\u200b\u2060", "Mai \u202eevil", "tab\tin it", " "])
def test_a_name_that_nobody_sees_as_written_is_refused(place: Veritem, name: str) -> None:
    added = ("--kind", "packer", "--name", name, "--as", "minh", "--json")
    refused = place("registry", "organisation", "htx", *added)
    assert refused.status == 1
    assert refused.refusal["error"] == "invalid-input"
