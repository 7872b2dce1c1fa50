"""Settings of the public scan service and of the recorder."""

import ipaddress
import re
from typing import Annotated, Final, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeFloat,
    PositiveFloat,
    PositiveInt,
    field_validator,
    model_validator,
)

_APP_KEY: Final = re.compile("[^:]+:(app|inspector):[0-9a-fA-F]{64}")

Port = Annotated[int, Field(ge=0, le=65535)]


class ResolverSettings(BaseModel):
    """Settings of the public scan service. Times are in seconds, sizes in what the name says."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    host: str = "127.0.0.1"
    """Address to listen on for the public."""
    port: Port = 8080
    """Port to listen on for the public; 0 takes a free one."""
    admin_host: str = "127.0.0.1"
    """Address of the admin port (metrics); keep it off the public network."""
    admin_port: Port = 9090
    """Port of the metrics; 0 takes a free one. Worker n of several takes the port n further on."""
    recorder_admin_port: Port = 9080
    """Port of a recorder's metrics, at `admin_host`; 0 takes a free one."""
    public_url: str = "http://127.0.0.1:8080"
    """What the stamps say before `/S/…`; cookies are `Secure` when it is https."""
    ledger: Annotated[str, Field(json_schema_extra={"filled_from": "ledger.url"})] = (
        "sqlite:///var/veritem.db"
    )
    """Where the durable facts are: `sqlite:///path` or `postgresql://…`."""
    memory: str = "memory://"
    """Where dossiers are kept: `memory://` (one process), `redis://…`, `redis+cluster://…`."""
    journal: str = "direct://"
    """How scans become durable: `direct://` (into the ledger) or `redis://…` (stream, recorder)."""
    workers: PositiveInt = 1
    """Processes that share the port; more than one needs memory and journal on Redis."""
    memory_stamps: PositiveInt = 200_000
    """Dossiers that `memory://` keeps before it forgets those longest unused."""
    hot_batches: PositiveInt = 512
    """Batches whose spans stay in the process."""
    hot_lots: PositiveInt = 4096
    """Lots whose pages stay rendered in the process."""
    refresh_seconds: PositiveFloat = 0.25
    """How often the ledger is asked what changed, which bounds how late a recall is seen. While
    PostgreSQL tells of changes by itself it is asked three times as rarely."""
    stale_seconds: PositiveFloat = 10.0
    """When the ledger has not answered for so long, answers say that the state may be old."""
    measure_share: bool = True
    """Measure from the ledger, by product, which share of the activated stamps is scanned, and
    judge by it where it is below `rules.scan_rate`; false: always judge by that."""
    journal_waiting: PositiveInt = 10_000
    """Scans that may wait for the journal; past them a scan is answered 503 with Retry-After."""
    token_seconds: PositiveInt = 600
    """How long a page may confirm its scan."""
    tokens_remembered: PositiveInt = 1_000_000
    """One-time tokens remembered as used by `memory://` (the oldest expire first)."""
    stream_most: PositiveInt = 5_000_000
    """Scans that may wait in the Redis stream for the recorder before new ones are refused."""
    recorder_group: PositiveInt = 2_000
    """Scans that the recorder writes in one transaction at most."""
    device_days: Annotated[int, Field(ge=1, le=400)] = 400
    """A device's cookie lives so long, then it is a stranger. Longer than produce keeps: whoever
    scans a tin of tea each month is one person. Browsers allow 400 days at most."""
    refusal_seconds: NonNegativeFloat = 0.02
    """Answers to codes that are not ours all leave this long after they came."""
    unknown_per_minute: PositiveInt = 300
    """Codes that are not ours that one network (IPv4 address, IPv6 /64) may try in a minute.
    Mind carriers' NAT: thousands of people share an address, few of them mistype."""
    writes_per_minute: PositiveInt = 120
    """Claims and reports that one network may send in a minute."""
    trusted_proxies: tuple[str, ...] = ()
    """Networks (CIDR) of reverse proxies whose `forwarded_header` is believed."""
    forwarded_header: Literal["x-forwarded-for", "forwarded"] = "x-forwarded-for"
    """Header in which trusted proxies name the client: `x-forwarded-for` or `forwarded`."""
    country_header: str = ""
    """Header in which such a proxy says the client's country (two letters); empty: none does."""
    app_keys: tuple[str, ...] = ()
    """Apps and inspectors' devices that may scan without a page, each `NAME:app:SHA256` or
    `NAME:inspector:SHA256` (of the key, in hex). They send `Authorization: Bearer KEY`."""
    hotline: str = ""
    """Telephone number shown beside suspicion; empty shows none."""
    head_seconds: PositiveFloat = 10.0
    """A connection whose request line and headers are not whole after so long is closed."""
    idle_seconds: PositiveFloat = 20.0
    """A connection is closed when so long after a response no request has come."""
    write_seconds: PositiveFloat = 20.0
    """A connection is cut when its client reads nothing for so long while responses wait."""
    connections: PositiveInt = 10_000
    """Connections of one process; further ones are answered 503."""
    connections_per_network: PositiveInt = 500
    """Connections of one network (IPv4 address, IPv6 /64) to one process; trusted proxies have no
    limit of their own."""
    body_seconds: PositiveFloat = 5.0
    """A body that is not there after so long is answered 408."""
    drain_seconds: NonNegativeFloat = 10.0
    """How long requests under way may take after SIGTERM."""

    @field_validator("trusted_proxies")
    @classmethod
    def _check_networks(cls, networks: tuple[str, ...]) -> tuple[str, ...]:
        for network in networks:
            try:
                ipaddress.ip_network(network)
            except ValueError as error:
                raise ValueError(f"must be networks (CIDR): {error}") from None
        return networks

    @field_validator("app_keys")
    @classmethod
    def _check_app_keys(cls, lines: tuple[str, ...]) -> tuple[str, ...]:
        if not all(_APP_KEY.fullmatch(line) for line in lines):
            raise ValueError("must be NAME:app:SHA256 or NAME:inspector:SHA256 each")
        return lines

    @model_validator(mode="after")
    def _check_workers(self) -> "ResolverSettings":
        in_process = self.memory.startswith("memory:") or self.journal.startswith("direct:")
        if self.workers > 1 and in_process:
            raise ValueError("workers: more than one needs memory and journal on redis://")
        return self
