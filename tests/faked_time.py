"""The wall clock of processes that a test starts, moved by libfaketime.

    time = FakedTime(directory, start)          # start: ms since the Unix epoch
    subprocess.Popen(…, env=os.environ | time.environment)
    time.pass_minutes(60)                       # for all processes that have it, at once

The product has no setting for it. Monotonic clocks go on as they do: sleeps and timeouts are real.
"""

import time
from pathlib import Path
from typing import Final

from tests.servers import ServerMissing

_DAY_MS: Final = 86_400_000


class FakedTime:
    """A wall clock that runs at the usual pace and that a test moves forward."""

    def __init__(self, directory: Path, start: int) -> None:
        """`start` is the time now, in ms since the Unix epoch. Raises `ServerMissing`."""
        libraries = sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
        if not libraries:
            raise ServerMissing("libfaketime is not installed: apt-get install faketime")
        self._file = directory / "offset"
        self._set_offset(start - time.time_ns() // 1_000_000)
        self.environment: Final = {
            "LD_PRELOAD": str(libraries[0]),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def __call__(self) -> int:
        """The time now, in milliseconds since the Unix epoch."""
        return time.time_ns() // 1_000_000 + self._offset

    def pass_minutes(self, minutes: float) -> None:
        self._set_offset(self._offset + int(minutes * 60_000))

    def pass_to_hour(self, hour: int) -> None:
        """Move to the next time that it is `hour` o'clock, UTC."""
        self._set_offset(self._offset + (hour * 3_600_000 - self()) % _DAY_MS)

    def _set_offset(self, offset: int) -> None:
        """Keep the offset (ms) to the real time; a process reads the old file or the new one."""
        written = self._file.with_suffix(".new")
        written.write_text(f"{offset / 1000:+.3f}\n")
        written.replace(self._file)
        self._offset = offset
