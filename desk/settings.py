"""What the desk can be told, as plain values."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class DeskSettings:
    """Settings of the staff service."""

    host: str = "127.0.0.1"
    """Address to listen on."""
    port: int = 8090
    """Port to listen on; 0 takes a free one."""
    public_url: str = "http://127.0.0.1:8090"
    """Where staff find the desk; with https its cookies are `Secure` and bound to the host."""
    ledger: str = field(default="sqlite:///var/veritem.db", metadata={"given": True})
    """Where the durable facts are: `sqlite:///path` or `postgresql://…`."""
    bundles: str = "var/bundles"
    """Folder of the bundles that print houses download; it holds codes, so guard it like keys."""
    part_size: int = 100_000
    """Stamps in one file of a bundle."""
    session_minutes: int = 30
    """A session that nobody uses for so long is over."""
    session_hours: int = 12
    """A session is over after so long, however much it is used."""
    token_days: int = 365
    """The longest that a machine's token may live."""
    body_bytes: int = 65_536
    """The longest body that is read, but for a print house's report."""
    body_seconds: float = 20.0
    """A body that is not there after so long is answered 408."""
    drain_seconds: float = 10.0
    """How long requests under way may take after SIGTERM."""

    def __post_init__(self) -> None:
        for name in ("session_minutes", "session_hours", "token_days", "part_size"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name}: must be at least 1")
        if not self.public_url.startswith(("http://", "https://")):
            raise ValueError("public_url: must begin with http:// or https://")

    @property
    def is_secure(self) -> bool:
        """Whether staff come by https."""
        return self.public_url.startswith("https://")
