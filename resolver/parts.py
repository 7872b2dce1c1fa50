"""What the resolver is made of: the rooms and values that `serving` is given."""

from dataclasses import dataclass

from ledger import Ledger
from resolver.clock import Clock
from resolver.counting import Counting
from resolver.hot import Hot
from resolver.journal import Journal
from resolver.memory import Memory
from resolver.settings import ResolverSettings
from stamps.keys import KeyRing
from stamps.rules import Rules
from stamps.signature import PublicKeys


@dataclass(frozen=True)
class ResolverParts:
    """The parts of one process. `secret` (32 bytes) is shared by all that share the memory."""

    keys: KeyRing
    public_keys: PublicKeys
    ledger: Ledger
    hot: Hot
    memory: Memory
    journal: Journal
    counting: Counting
    rules: Rules
    clock: Clock
    secret: bytes
    settings: ResolverSettings
