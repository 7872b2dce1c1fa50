"""The service's processes: a resolver with its workers, and a recorder."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict

from benchmarks.compiled import compiled
from benchmarks.load.site import Site
from benchmarks.resolving import ended, started
from resolver import ResolverSettings


@contextmanager
def running(site: Site, settings: ResolverSettings) -> Iterator[tuple[str, dict[str, int]]]:
    """The resolver and the recorder: the public address, and the processes of all parts."""
    said, home = json.dumps(asdict(settings)), compiled()
    resolver = started([sys.executable, "-m", "benchmarks.peers.ourselves", said], None, home)
    recorder = started([sys.executable, "-m", "benchmarks.peers.recorder", said], None, home)
    try:
        if resolver.stdout is None:
            raise RuntimeError("the resolver has no output")
        url = resolver.stdout.readline().strip()
        yield (
            url,
            {
                "workers": resolver.pid,
                "recorder": recorder.pid,
                "redis": site.redis.pid,
                "postgresql": site.postgres.pid,
            },
        )
    finally:
        ended(resolver)
        ended(recorder)
