"""The demo: all steps as one JSON line, or a service and a desk to look at."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp
import orjson

import cli


def test_the_demo_prints_one_json_line() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "cli", "demo", "--once"], capture_output=True, check=True
    )
    answer = orjson.loads(result.stdout)
    assert answer.pop("seconds") > 0
    assert answer == {
        "ok": True,
        "stamps": 40,
        "decoded": 40,
        "verdicts": {"near": "authentic", "far": "suspect", "recalled": "recalled"},
        "alert": 1,
    }


@contextmanager
def run_demo(folder: Path) -> Iterator[str]:
    """Run the demo in a folder, and yield what it prints; it ends by itself when it is asked to."""
    with subprocess.Popen(
        [sys.executable, "-m", "cli", "demo", "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(cli.__file__).parents[1])},
    ) as demo:
        assert demo.stdout is not None
        shown = ""
        while "Ctrl-C stops" not in shown:
            line = demo.stdout.readline()
            assert line, shown
            shown += line
        yield shown
        demo.terminate()
        assert demo.wait(20) == 0


async def test_the_demo_serves_the_desk_until_it_is_stopped(tmp_path: Path) -> None:
    with run_demo(tmp_path) as shown:
        facts = dict(re.findall(r"^ +(\w+) {2,}(\S.*)$", shown, re.MULTILINE))
        assert "Phones give the camera" in shown
        jar = aiohttp.CookieJar(unsafe=True)  # the desk's host is an address
        async with aiohttp.ClientSession(cookie_jar=jar, headers={"Accept-Language": "vi"}) as lan:
            fields = {"name": "lan", "password": facts["lan"], "next": "/"}
            async with lan.post(f"{facts['desk']}/sign-in", data=fields) as home:
                assert "Việc đang chờ" in await home.text()
