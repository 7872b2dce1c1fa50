"""What the desk is made of: the rooms and values that `create_app` is given."""

from collections.abc import Callable
from dataclasses import dataclass

from desk.settings import DeskSettings
from issuer import Issuer
from ledger import Ledger


@dataclass(frozen=True)
class DeskDependencies:
    """The parts of one process. `secret` (32 bytes) is shared by all that serve one desk."""

    ledger: Ledger
    issuer: Issuer
    secret: bytes
    clock: Callable[[], int]
    """The time: milliseconds since the Unix epoch, UTC."""
    stamp_host: str
    """What the symbols of new batches name: `VERITEM.VN`."""
    stamp_scheme: str
    """`https`, or `http` where a demo has no certificate."""
    settings: DeskSettings
