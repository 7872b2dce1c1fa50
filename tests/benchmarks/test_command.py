"""`python -m benchmarks`: a missing program or checkout is one line before any measurement."""

from pathlib import Path

import pytest

from benchmarks.__main__ import main


def test_a_missing_program_is_one_line_with_its_package(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["resolve", "--quick"]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    (line,) = printed.err.splitlines()
    assert "wrk" in line
    assert "apt-get install" in line


def test_a_baseline_that_is_no_checkout_is_refused_in_one_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["issue", "--quick", "--against", str(tmp_path)]) == 1
    assert capsys.readouterr().err == f"benchmarks: {tmp_path} is not a checkout of Veritem\n"
