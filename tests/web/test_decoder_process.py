"""A process that decodes uploads holds no secret and has no rights."""

import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

import web
from attachments import reencode
from printing.proofs import inspector
from web.decoder_process import run_decoder

TRIES = """
import os, socket, sys
from web.decoder_process import give_up_rights
give_up_rights(memory_bytes=256 << 20, cpu_seconds=1)

def attempt(act):
    try:
        act()
    except (OSError, MemoryError) as error:
        return type(error).__name__
    return "allowed"

print("file", attempt(lambda: open(__file__)))
print("socket", attempt(socket.socket))
print("memory", attempt(lambda: bytearray(512 << 20)))
print("upload", sys.stdin.buffer.read().decode())
print("environment", sorted(set(os.environ) - {"LC_CTYPE"}))
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    return tmp_path / "decoder.py"


def test_a_decoder_opens_no_file_and_no_socket_and_sees_no_secret(
    program: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VERITEM_KEY_PASSPHRASE", "durian")
    program.write_text(TRIES, "utf-8")
    ran = run_decoder(str(program), upload=b"a photo", seconds=20)
    assert ran.stdout.decode().splitlines() == [
        "file OSError",
        "socket OSError",
        "memory MemoryError",
        "upload a photo",
        "environment ['OMP_NUM_THREADS', 'OPENBLAS_NUM_THREADS', 'PYTHONPATH']",
    ], ran.stderr


def test_a_decoder_ends_when_its_processor_time_is_spent(program: Path) -> None:
    program.write_text(
        "from web.decoder_process import give_up_rights\n"
        "give_up_rights(memory_bytes=256 << 20, cpu_seconds=1)\n"
        "while True: pass\n",
        "utf-8",
    )
    assert run_decoder(str(program), upload=b"", seconds=20).returncode < 0


def test_a_decoder_that_only_waits_ends_at_its_deadline(program: Path) -> None:
    program.write_text("import time; time.sleep(60)", "utf-8")
    with pytest.raises(subprocess.TimeoutExpired):
        run_decoder(str(program), upload=b"", seconds=0.5)


@pytest.mark.parametrize("program", [reencode.__file__, inspector.__file__])
def test_each_program_has_given_up_its_rights_when_it_reads_the_upload(program: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-P", "-s", program, "33"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={"PYTHONPATH": str(Path(web.__file__).parents[1])},
    ) as waiting:
        assert waiting.stdin is not None
        limits = Path(f"/proc/{waiting.pid}/limits")
        until = time.monotonic() + 20
        while (found := read_limits(limits)) != GIVEN_UP:
            assert time.monotonic() < until, found
            time.sleep(0.05)
        # Nothing was sent: the process can only be waiting for the upload.
        assert waiting.poll() is None
        waiting.stdin.close()


GIVEN_UP = {"open files": "3", "processes": "0", "file size": "0"}


def read_limits(file: Path) -> dict[str, str]:
    """The hard limits of a process that `GIVEN_UP` names (proc(5))."""
    rows = (re.split(r"  +", line) for line in file.read_text().splitlines())
    return {
        row[0].removeprefix("Max "): row[2]
        for row in rows
        if row[0].removeprefix("Max ") in GIVEN_UP
    }
