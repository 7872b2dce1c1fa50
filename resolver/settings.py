"""What the resolver can be told, as plain values; `config` mirrors these fields and defaults."""

import ipaddress
import re
from dataclasses import dataclass, field
from typing import Final

_SHA256: Final = re.compile("[0-9a-fA-F]{64}")


@dataclass(frozen=True)
class ResolverSettings:
    """Settings of the public scan service. Times are in seconds, sizes in what the name says."""

    host: str = "127.0.0.1"
    """Address to listen on for the public."""
    port: int = 8080
    """Port to listen on for the public; 0 takes a free one."""
    admin_host: str = "127.0.0.1"
    """Address of the admin port (metrics); keep it off the public network."""
    admin_port: int = 9090
    """Port of the metrics; 0 takes a free one. Worker n of several takes the port n further on."""
    recorder_admin_port: int = 9080
    """Port of a recorder's metrics, at `admin_host`; 0 takes a free one."""
    public_url: str = "http://127.0.0.1:8080"
    """What the stamps say before `/S/…`; cookies are `Secure` when it is https."""
    ledger: str = field(default="sqlite:///var/veritem.db", metadata={"given": True})
    """Where the durable facts are: `sqlite:///path` or `postgresql://…`."""
    memory: str = "memory://"
    """Where dossiers are kept: `memory://` (one process), `redis://…`, `redis+cluster://…`."""
    journal: str = "direct://"
    """How scans become durable: `direct://` (into the ledger) or `redis://…` (stream, recorder)."""
    workers: int = 1
    """Processes that share the port; more than one needs memory and journal on Redis."""
    memory_stamps: int = 200_000
    """Dossiers that `memory://` keeps before it forgets those longest unused."""
    hot_batches: int = 512
    """Batches whose spans stay in the process."""
    hot_lots: int = 4096
    """Lots whose pages stay rendered in the process."""
    refresh_seconds: float = 0.25
    """How often the ledger is asked what changed, which bounds how late a recall is seen. While
    PostgreSQL tells of changes by itself it is asked three times as rarely."""
    stale_seconds: float = 10.0
    """When the ledger has not answered for so long, answers say that the state may be old."""
    measure_share: bool = True
    """Measure from the ledger, by product, which share of the activated stamps is scanned, and
    judge by it where it is below `rules.scan_rate`; false: always judge by that."""
    journal_waiting: int = 10_000
    """Scans that may wait for the journal; past them a scan is answered 503 with Retry-After."""
    token_seconds: int = 600
    """How long a page may confirm its scan."""
    tokens_remembered: int = 1_000_000
    """One-time tokens remembered as used by `memory://` (the oldest expire first)."""
    stream_most: int = 5_000_000
    """Scans that may wait in the Redis stream for the recorder before new ones are refused."""
    recorder_group: int = 2_000
    """Scans that the recorder writes in one transaction at most."""
    device_days: int = 400
    """A device's cookie lives so long, then it is a stranger. Longer than produce keeps: whoever
    scans a tin of tea each month is one person. Browsers allow 400 days at most."""
    refusal_seconds: float = 0.02
    """Answers to codes that are not ours all leave this long after they came."""
    unknown_per_minute: int = 300
    """Codes that are not ours that one network (IPv4 address, IPv6 /64) may try in a minute.
    Mind carriers' NAT: thousands of people share an address, few of them mistype."""
    writes_per_minute: int = 120
    """Claims and reports that one network may send in a minute."""
    trusted_proxies: tuple[str, ...] = ()
    """Networks (CIDR) of reverse proxies whose `forwarded_header` is believed."""
    forwarded_header: str = "x-forwarded-for"
    """Header in which trusted proxies name the client: `x-forwarded-for` or `forwarded`."""
    country_header: str = ""
    """Header in which such a proxy says the client's country (two letters); empty: none does."""
    app_keys: tuple[str, ...] = ()
    """Apps and inspectors' devices that may scan without a page, each `NAME:app:SHA256` or
    `NAME:inspector:SHA256` (of the key, in hex). They send `Authorization: Bearer KEY`."""
    hotline: str = ""
    """Telephone number shown beside suspicion; empty shows none."""
    head_seconds: float = 10.0
    """A connection whose request line and headers are not whole after so long is closed."""
    idle_seconds: float = 20.0
    """A connection is closed when so long after a response no request has come."""
    write_seconds: float = 20.0
    """A connection is cut when its client reads nothing for so long while responses wait."""
    connections: int = 10_000
    """Connections of one process; further ones are answered 503."""
    connections_per_network: int = 500
    """Connections of one network (IPv4 address, IPv6 /64) to one process; trusted proxies have no
    limit of their own."""
    body_seconds: float = 5.0
    """A body that is not there after so long is answered 408."""
    drain_seconds: float = 10.0
    """How long requests under way may take after SIGTERM."""

    def __post_init__(self) -> None:
        if self.workers < 1:
            raise ValueError("workers: must be at least 1")
        if self.workers > 1 and (
            self.memory.startswith("memory:") or self.journal.startswith("direct:")
        ):
            raise ValueError("workers: more than one needs memory and journal on redis://")
        for line in self.app_keys:
            name, _, rest = line.partition(":")
            via, _, digest = rest.partition(":")
            if not name or via not in ("app", "inspector") or not _SHA256.fullmatch(digest):
                raise ValueError("app_keys: each is NAME:app:SHA256 or NAME:inspector:SHA256")
        if self.forwarded_header not in ("x-forwarded-for", "forwarded"):
            raise ValueError("forwarded_header: must be x-forwarded-for or forwarded")
        for network in self.trusted_proxies:
            try:
                ipaddress.ip_network(network)
            except ValueError as error:
                raise ValueError(f"trusted_proxies: {error}") from None
