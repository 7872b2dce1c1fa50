"""Settings of the staff service."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, NonNegativeFloat, PositiveFloat, PositiveInt


class DeskSettings(BaseModel):
    """Settings of the staff service."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    host: str = "127.0.0.1"
    """Address to listen on."""
    port: Annotated[int, Field(ge=0, le=65535)] = 8090
    """Port to listen on; 0 takes a free one."""
    public_url: Annotated[str, Field(pattern="^https?://")] = "http://127.0.0.1:8090"
    """Where staff find the desk; with https its cookies are `Secure` and bound to the host."""
    ledger: Annotated[str, Field(json_schema_extra={"filled_from": "ledger.url"})] = (
        "sqlite:///var/veritem.db"
    )
    """Where the durable facts are: `sqlite:///path` or `postgresql://…`."""
    bundles: str = "var/bundles"
    """Folder of the bundles that print houses download; it holds codes, so guard it like keys."""
    part_size: PositiveInt = 100_000
    """Stamps in one file of a bundle."""
    session_minutes: PositiveInt = 30
    """A session that nobody uses for so long is over."""
    session_hours: PositiveInt = 12
    """A session is over after so long, however much it is used."""
    token_days: PositiveInt = 365
    """The longest that a machine's token may live."""
    body_bytes: PositiveInt = 65_536
    """The longest body that is read, but for a print house's report."""
    body_seconds: PositiveFloat = 20.0
    """A body that is not there after so long is answered 408."""
    drain_seconds: NonNegativeFloat = 10.0
    """How long requests under way may take after SIGTERM."""

    @property
    def is_secure(self) -> bool:
        """Whether staff come by https."""
        return self.public_url.startswith("https://")
