"""Settings of the staff service."""

from pathlib import Path
from typing import Annotated

from pydantic import ConfigDict, Field, PositiveFloat, PositiveInt, SecretStr

from ledger.accounts.staff_sessions import SessionLifetimes
from ledger.orders.order_rules import MAX_COUNT, OrderRules
from web.connection_settings import ConnectionSettings
from web.photo_limits import LARGEST_EVIDENCE

Port = Annotated[int, Field(ge=0, le=65535)]


class DeskSettings(ConnectionSettings):
    """Settings of the staff service."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    host: str = "127.0.0.1"
    """Address to listen on."""
    port: Port = 8090
    """Port to listen on; 0 takes a free one."""
    admin_host: str = "127.0.0.1"
    """Address of the admin port (metrics); keep it off the public network."""
    admin_port: Port = 9070
    """Port of the metrics; 0 takes a free one."""
    public_url: Annotated[str, Field(pattern="^https?://")] = "http://127.0.0.1:8090"
    """Address of the desk for staff; with https, cookies are `Secure` and bound to the host."""
    ledger: Annotated[str, Field(json_schema_extra={"filled_from": "ledger.url"})] = (
        "sqlite:///var/veritem.db"
    )
    """Address of the ledger: `sqlite:///path` or `postgresql://…`."""
    ledger_answer_seconds: PositiveFloat = 10.0
    """Seconds that PostgreSQL may take for an answer (writes: ten more); then 503."""
    attachments: Annotated[
        Path, Field(json_schema_extra={"filled_from": "attachments.directory"})
    ] = Path("var/attachments")
    """Folder of the photos of lots, which it writes."""
    evidence: Annotated[Path, Field(json_schema_extra={"filled_from": "attachments.evidence"})] = (
        Path("var/evidence")
    )
    """Folder of the files of evidence, which it alone reads and writes."""
    evidence_bytes: Annotated[int, Field(ge=1, le=LARGEST_EVIDENCE)] = 32 << 20
    """Bytes of one file of evidence. It is in memory while it is checked."""
    report_spool: Annotated[Path, Field(json_schema_extra={"filled_from": "attachments.spool"})] = (
        Path("var/report-spool")
    )
    """Folder of the photos of reports that wait for the desk."""
    secrets: Path = Path("var/desk")
    """Folder of the desk's own secrets, made at its first start: `desk.secret` signs sessions,
    `otp.keys` encrypts the secrets of one-time codes. No other service may read it. Back it up."""
    secrets_key: SecretStr = SecretStr("")
    """Keys that encrypt the secrets of one-time codes, in place of `otp.keys`: 32 bytes each in
    base64url, separated by blanks, the newest first."""
    bundles: str = "var/bundles"
    """Folder of the bundles for print houses; it holds codes, so protect it like keys."""
    exports: str = "var/exports"
    """Folder of the exports that organisations ask for of their own data."""
    part_size: PositiveInt = 100_000
    """Stamps in one file of a bundle."""
    rendering_threads: PositiveInt = 2
    """Bundles that are rendered at once; print houses take turns. More slow the desk's answers."""
    session_minutes: PositiveInt = 30
    """Idle time after which a session ends."""
    session_hours: PositiveInt = 12
    """Age at which a session ends, used or not."""
    token_days: PositiveInt = 90
    """Longest lifetime of a machine's token."""
    token_requests: Annotated[int, Field(ge=1, le=60_000)] = 600
    """Requests of one token at once, and in each minute after that; further ones are 429."""
    report_days: PositiveInt = 90
    """Days after which contacts of consumers' reports are erased, once their group is closed."""
    report_most_days: PositiveInt = 365
    """Days after which they are erased in any case."""
    pseudonym_days: Annotated[int, Field(ge=366)] = 730
    """Days after which pseudonyms of devices and networks of scans and reports are erased."""
    departed_days: PositiveInt = 730
    """Days after which the account of a person who left is erased, once it is disabled."""
    requests_at_once: PositiveInt = 4
    """Requests that are worked on at once; callers take turns. More make each of them slower."""
    hotline: str = ""
    """Telephone number that staff call for help; guides and sign-in show it; empty for none."""
    sandbox: bool = False
    """Whether every page says that its data are invented; `veritem sandbox` sets it."""
    order_most_stamps: Annotated[int, Field(ge=1, le=MAX_COUNT)] = OrderRules.most_stamps
    """Stamps of one order."""
    order_repeat_days: PositiveInt = OrderRules.repeat_days
    """Days within which a similar earlier order makes a new one ask for confirmation."""
    field_minutes: Annotated[int, Field(ge=0, le=1440)] = 60
    """Age from which the desk makes the next snapshot for field checks without a network; 0 leaves
    it to `veritem field snapshot`."""
    body_bytes: PositiveInt = 65_536
    """Limit of a request's body; print reports have their own."""

    @property
    def session_lifetimes(self) -> SessionLifetimes:
        """Lifetimes of sessions."""
        return SessionLifetimes(self.session_minutes * 60_000, self.session_hours * 3_600_000)

    @property
    def order_rules(self) -> OrderRules:
        """The rules of orders."""
        return OrderRules(most_stamps=self.order_most_stamps, repeat_days=self.order_repeat_days)

    @property
    def public_host(self) -> str:
        """Host of the public address as browsers name it in `Origin`: without a usual port."""
        scheme, _, rest = self.public_url.lower().partition("://")
        host = rest.partition("/")[0]
        return host.removesuffix(":443" if scheme == "https" else ":80")

    @property
    def is_secure(self) -> bool:
        """Whether staff come by https."""
        return self.public_url.startswith("https://")
