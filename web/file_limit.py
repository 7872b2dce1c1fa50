"""The limit on open files of a process (RLIMIT_NOFILE): every connection is an open file."""

import resource
from typing import Final

import structlog

RESERVED_FILES: Final = 128
"""Files beside connections: ledger, Redis, listening sockets, bundles, logs."""

_log = structlog.get_logger(__name__)


def raise_file_limit(connections: int) -> int:
    """Raise the limit on open files so that `connections` fit; the new limit.

    Where the system forbids it, the limit becomes the largest that it allows, and a warning in the
    log says how many connections fit.
    """
    wanted = connections + RESERVED_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft >= wanted:
        return soft
    # Raising the hard limit needs a privilege; without it the hard limit is the most.
    for limits in ((wanted, max(hard, wanted)), (min(wanted, hard), hard)):
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        except (ValueError, OSError):
            continue
        break
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if limit < wanted:
        _log.warning(
            "the limit on open files is lower than the settings ask for (ulimit -n)",
            limit=limit,
            wanted=wanted,
            connections=fit_connections(connections),
        )
    return limit


def fit_connections(connections: int) -> int:
    """`connections`, or fewer when the limit on open files allows fewer."""
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return max(1, min(connections, max(limit - RESERVED_FILES, limit // 2)))
