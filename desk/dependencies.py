"""Dependencies of the desk: what `create_app` is given."""

from collections.abc import Callable
from dataclasses import dataclass, field

from desk.settings import DeskSettings
from detection.rules import Rules
from issuer import Issuer
from ledger import Ledger, Staff
from ledger.storage.secret_seal import SecretSeal
from services import Actor, ServiceContext
from services.notices.mail_addresses import MailTools


@dataclass(frozen=True, slots=True)
class DeskDependencies:
    """Dependencies of one process of the desk; whoever makes the parts closes them."""

    ledger: Ledger
    issuer: Issuer
    secret: bytes
    """32 bytes that sign sessions; the same in all processes of one desk."""
    clock: Callable[[], int]
    """The time: milliseconds since the Unix epoch, UTC."""
    stamp_host: str
    """The host that symbols of new batches name: `VERITEM.VN`."""
    stamp_scheme: str
    """`https`, or `http` where a demo has no certificate."""
    settings: DeskSettings
    webhook_seal: SecretSeal
    """Seals the secrets of webhooks."""
    mail: MailTools
    rules: Rules = field(default_factory=Rules)
    """The rules of detection, which the resolver works with."""

    def context_of(self, staff: Staff) -> ServiceContext:
        """The context of the use cases that an account calls."""
        return self.make_context(Actor.of_staff(staff))

    def make_context(self, actor: Actor) -> ServiceContext:
        """The context of the use cases of an actor."""
        return ServiceContext(
            ledger=self.ledger,
            actor=actor,
            clock=self.clock,
            issuer=self.issuer,
            order_rules=self.settings.order_rules,
            session_lifetimes=self.settings.session_lifetimes,
            rules=self.rules,
        )
