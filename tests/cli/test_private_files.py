"""No file that a command writes can be read by another user, whatever the umask."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Veritem


@pytest.fixture(autouse=True)
def open_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def list_open_files(folder: Path) -> list[str]:
    """The files that others may read or write; a public key file is meant to be read."""
    return [
        str(path.relative_to(folder))
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and path.name != "public.json"
        and stat.S_IMODE(path.stat().st_mode) & 0o077
    ]


def test_what_commands_write_is_private(new_place: Veritem) -> None:
    for file in ("out.json", "keys.json"):
        Path(file).touch(0o666)  # a file that exists, open to all
    new_place("batch", "create", "O1", "--as", "minh")
    for arguments in (
        ("batch", "manifest", "1", "--out", "out.json"),
        ("keys", "public", "--out", "keys.json"),
        ("print", "1", "--format", "csv", "--out", "press"),
        ("print", "1", "--format", "png", "--out", "pictures"),
        ("backup", "copy"),
        ("staff", "list"),
    ):
        assert new_place(*arguments).status == 0, arguments
    assert Path("out.json").stat().st_size > 100
    assert list_open_files(Path()) == []


def test_key_files_and_ledger_that_were_open_are_narrowed(place: Veritem) -> None:
    for path in Path("var").rglob("*"):
        if path.is_file():
            path.chmod(0o666)
    place("batch", "create", "O1", "--as", "minh")
    assert [name for name in list_open_files(Path("var")) if not name.endswith(".lock")] == []


def test_output_goes_into_a_pipe_or_device_as_it_is(place: Veritem) -> None:
    place("batch", "create", "O1", "--as", "minh")
    Path("link.json").symlink_to("real.json")
    assert place("batch", "manifest", "1", "--out", "link.json").status == 0
    assert Path("link.json").is_symlink()
    assert Path("real.json").stat().st_size > 100
    assert place("batch", "manifest", "1", "--out", "/dev/null").status == 0
    assert not Path("/dev/null").is_file()
    refused = place("batch", "manifest", "1", "--out", "missing/x.json")
    assert (refused.status, "Traceback" in refused.err) == (1, False)
    assert "missing/x.json cannot be written: No such file" in refused.err.replace("\n", " ")
