"""A real Redis Cluster of three servers on free ports."""

import subprocess
import time
from types import TracebackType
from typing import Self

from tests.servers import RedisServer, free_port


class Cluster:
    """Three masters; `url` names the first."""

    def __init__(self) -> None:
        self.servers = [
            RedisServer(
                cluster_enabled="yes",
                appendonly="no",
                cluster_node_timeout="2000",
                # The usual one is 10,000 above the port, which may be past the last.
                cluster_port=str(free_port()),
            )
            for _ in range(3)
        ]

    @property
    def url(self) -> str:
        return f"redis+cluster://127.0.0.1:{self.servers[0].port}"

    def cli(self, *words: str, server: int = 0) -> str:
        port = str(self.servers[server].port)
        return subprocess.run(
            ["redis-cli", "-p", port, *words], capture_output=True, text=True, check=True
        ).stdout

    def __enter__(self) -> Self:
        try:
            self._meet()
        except BaseException:
            self.close()
            raise
        return self

    def _meet(self) -> None:
        for server in self.servers:
            server.start()
        addresses = [f"127.0.0.1:{server.port}" for server in self.servers]
        self.cli("--cluster", "create", *addresses, "--cluster-yes")
        while not all(
            "cluster_state:ok" in self.cli("cluster", "info", server=n) for n in range(3)
        ):
            time.sleep(0.05)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        for server in self.servers:
            server.close()
