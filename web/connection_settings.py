"""Settings of connections, the same for both HTTP services: limits, deadlines, reverse proxies."""

import ipaddress
from typing import Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    NonNegativeFloat,
    PositiveFloat,
    PositiveInt,
    field_validator,
)

from web.client_address import TrustedProxies
from web.connection_guard import ConnectionLimits
from web.file_limit import fit_connections


class ConnectionSettings(BaseModel):
    """Base of a service's settings. Times are in seconds."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    connections: PositiveInt = 10_000
    """Connections of one process; further ones are answered 503. A lower limit on open files
    lowers it."""
    connections_per_network: PositiveInt = 500
    """Connections of one network (IPv4 address, IPv6 /64) to one process; trusted proxies have no
    limit of their own."""
    head_seconds: PositiveFloat = 10.0
    """Deadline of a request line and its headers; then the connection is closed."""
    body_seconds: PositiveFloat = 20.0
    """Deadline of a request's body; then it is answered 408."""
    idle_seconds: PositiveFloat = 20.0
    """Time after a response without a further request; then the connection is closed."""
    write_seconds: PositiveFloat = 20.0
    """Time for which a client may read nothing while responses wait; then it is disconnected."""
    drain_seconds: NonNegativeFloat = 10.0
    """Time for running requests after SIGTERM."""
    trusted_proxies: tuple[str, ...] = ()
    """Networks (CIDR) of reverse proxies whose `forwarded_header` is trusted."""
    forwarded_header: Literal["x-forwarded-for", "forwarded"] = "x-forwarded-for"
    """Header in which trusted proxies name the client."""

    @field_validator("trusted_proxies")
    @classmethod
    def _check_networks(cls, networks: tuple[str, ...]) -> tuple[str, ...]:
        for network in networks:
            try:
                ipaddress.ip_network(network)
            except ValueError as error:
                raise ValueError(f"must be networks (CIDR): {error}") from None
        return networks

    def make_limits(self) -> ConnectionLimits:
        """The limits of a process, within its limit on open files."""
        return ConnectionLimits(
            head_seconds=self.head_seconds,
            idle_seconds=self.idle_seconds,
            write_seconds=self.write_seconds,
            connections=fit_connections(self.connections),
            connections_per_network=self.connections_per_network,
        )

    def make_proxies(self) -> TrustedProxies:
        """The reverse proxies that are trusted."""
        return TrustedProxies(self.trusted_proxies, self.forwarded_header)
