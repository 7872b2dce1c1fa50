"""Settings of the claim service."""

from typing import Annotated, Final

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PositiveFloat,
    PositiveInt,
    SecretStr,
    field_validator,
)

from web.claim_exchange import check_claim_address

SHORTEST_SECRET: Final = 20


class ClaimSettings(BaseModel):
    """Settings of the claim service, and of the check of PINs in the public process."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    address: str = "http://127.0.0.1:8090"
    """Where `veritem claims` listens: `http://` with a loopback address and port, or
    `unix:///path/of/socket`. Resolvers name it in `resolver.claims`."""
    secret: SecretStr = SecretStr("")
    """Proves a resolver to the claim service: 20 characters at least, the same for both."""
    admin_host: str = "127.0.0.1"
    """Address of the admin port (metrics)."""
    admin_port: Annotated[int, Field(ge=0, le=65535)] = 9070
    """Port of the metrics; 0 takes a free one."""
    ledger: Annotated[str, Field(json_schema_extra={"filled_from": "ledger.url"})] = (
        "sqlite:///var/veritem.db"
    )
    """Address of the ledger, with the login of the claim service."""
    ledger_answer_seconds: PositiveFloat = 2.0
    """Seconds that PostgreSQL may take for an answer (writes: ten more); then 503."""
    pins_per_minute: PositiveInt = 20
    """PINs that one network (IPv4 address, IPv6 /48) may try in a minute, at all stamps together.
    At one stamp it has five a day and then one every ten minutes (ADR 0047)."""
    wrong_per_minute: PositiveInt = 6_000
    """Wrong PINs in a minute at all stamps, from all networks together; no more are compared. It
    bounds what a stolen resolver can guess: one PIN in eleven days on average."""
    concurrent: PositiveInt = 64
    """Questions that are answered at a time; further ones are refused with 503."""

    @field_validator("address")
    @classmethod
    def _check_address(cls, address: str) -> str:
        return check_claim_address(address)
