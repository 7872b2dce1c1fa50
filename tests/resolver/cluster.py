"""A real Redis Cluster on free ports."""

import subprocess
import time
from types import TracebackType
from typing import Self

from tests.servers import RedisServer, free_port


class Cluster:
    """Three masters with `replicas` replicas each; `url` names the first server."""

    def __init__(self, replicas: int = 0) -> None:
        self._replicas = replicas
        self.servers = [
            RedisServer(
                cluster_enabled="yes",
                appendonly="no",
                cluster_node_timeout="2000",
                # The usual one is 10,000 above the port, which may be past the last.
                cluster_port=str(free_port()),
            )
            for _ in range(3 * (1 + replicas))
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
        replicas = str(self._replicas)
        self.cli("--cluster", "create", *addresses, "--cluster-replicas", replicas, "--cluster-yes")
        for n in range(len(self.servers)):
            while not self._is_joined(n):
                time.sleep(0.05)

    def _is_joined(self, server: int) -> bool:
        """Whether a server serves, and as a replica has its master's data."""
        replication = self.cli("info", "replication", server=server)
        waits = "role:slave" in replication and "master_link_status:up" not in replication
        return not waits and "cluster_state:ok" in self.cli("cluster", "info", server=server)

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
