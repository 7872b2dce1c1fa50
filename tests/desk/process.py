"""A desk in a process of its own: `python -m tests.desk.process SETTINGS`.

`SETTINGS` is a JSON object of `DeskSettings` fields. Prints the addresses of desk and metrics.
"""

import json
import sys

import structlog

from desk.serve import serve
from desk.settings import DeskSettings
from detection.rules import Rules
from notices.settings import NoticeSettings
from tests.desk.running_desk import KEYS, SECRET, SIGNER

structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))


def main(argument: str) -> None:
    given = json.loads(argument)
    serve(
        DeskSettings(**{name: tuple(v) if isinstance(v, list) else v for name, v in given.items()}),
        keys=KEYS,
        signer=SIGNER,
        mark=None,
        rules=Rules(),
        secret=SECRET,
        otp_keys=lambda: [bytes(32)],
        webhook_keys=lambda: [bytes(32)],
        notices=NoticeSettings(in_desk=False),
        stamp_host="VERITEM.VN",
        ready=lambda url, admin: print(json.dumps([url, admin]), flush=True),  # noqa: T201
    )


if __name__ == "__main__":
    main(sys.argv[1])
