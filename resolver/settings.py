"""Settings of the public scan service and of the recorder."""

import re
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import (
    ConfigDict,
    Field,
    NonNegativeFloat,
    PositiveFloat,
    PositiveInt,
    SecretStr,
    ValidationInfo,
    field_validator,
    model_validator,
)

from resolver.redis import add_password, is_redis_url, parse_redis_url
from web.claim_exchange import check_claim_address
from web.connection_settings import ConnectionSettings

IN_PROCESS_HISTORY: Final = "memory://"
IN_PROCESS_MEMORY: Final = "memory://"
IN_PROCESS_CLAIMS: Final = "in-process"
DIRECT_JOURNAL: Final = "direct://"
_WITHOUT_ADDRESS: Final = {
    "history": IN_PROCESS_HISTORY,
    "journal": DIRECT_JOURNAL,
    "network_memory": IN_PROCESS_MEMORY,
}
_APP_KEY: Final = re.compile("[^:]+:app:[0-9a-fA-F]{64}")

Port = Annotated[int, Field(ge=0, le=65535)]


class ResolverSettings(ConnectionSettings):
    """Settings of the public scan service. Times are in seconds, sizes in what the name says."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    host: str = "127.0.0.1"
    """Address of the public port."""
    port: Port = 8080
    """Public port; 0 takes a free one."""
    admin_host: str = "127.0.0.1"
    """Address of the admin port (metrics); keep it off the public network."""
    admin_port: Port = 9090
    """Port of the metrics; 0 takes a free one. Worker n of several uses `admin_port` + n."""
    recorder_admin_port: Port = 9080
    """Port of a recorder's metrics, at `admin_host`; 0 takes a free one."""
    public_url: str = "http://127.0.0.1:8080"
    """Address that the stamps carry before `/S/…`; with https, cookies are `Secure`."""
    ledger: Annotated[str, Field(json_schema_extra={"filled_from": "ledger.url"})] = (
        "sqlite:///var/veritem.db"
    )
    """Address of the ledger: `sqlite:///path` or `postgresql://…`."""
    ledger_answer_seconds: PositiveFloat = 2.0
    """Seconds that PostgreSQL may take for an answer (writes: ten more). Then the connection is cut
    off, and what needs it is answered 503."""
    attachments: Annotated[
        Path, Field(json_schema_extra={"filled_from": "attachments.directory"})
    ] = Path("var/attachments")
    """Folder of the photos of lots, which it reads."""
    report_spool: Annotated[Path, Field(json_schema_extra={"filled_from": "attachments.spool"})] = (
        Path("var/report-spool")
    )
    """Folder of the photos of reports that wait for the desk."""
    history: str = "memory://"
    """Store of scan histories: `memory://` (one process), `redis://…`, `rediss://…` (TLS),
    `unix:///path/of/socket`, `redis+cluster://…`, `rediss+cluster://…`."""
    network_memory: str = "memory://"
    """Where processes tell each other what networks did lately: `memory://` (not at all: each
    counts by itself), or a Redis that keeps nothing on disk, at an address as above."""
    journal: str = "direct://"
    """Journal of scans: `direct://` (into the ledger), or a stream for a recorder at an address as
    `history` has it."""
    redis_password: SecretStr = SecretStr("")
    """Password of the Redis servers whose address above names none (ops/redis-password.sh)."""
    redis_loss_accepted: bool = False
    """Whether `history` and `journal` may be on a Redis without an append-only file, which loses
    answered scans when it restarts; otherwise it is refused. Eviction is always refused."""
    claims: str = "in-process"
    """Where PINs are checked: `in-process` (this process has the PIN keys too: one trust zone, for
    one machine), or the address of `veritem claims`: `http://127.0.0.1:8090`, `unix:///path`."""
    workers: PositiveInt = 1
    """Processes that share the port; more than one needs `history` and `journal` on Redis."""
    silent_seconds: PositiveFloat = 10.0
    """Silence after which one of several workers is killed and replaced. A worker that is stopped
    or blocked is silent; one that serves says so each second."""
    history_stamps: PositiveInt = 200_000
    """Scan histories that `memory://` keeps; the least recently used are dropped."""
    history_tokens: PositiveInt = 1_000_000
    """Used one-time tokens that `memory://` keeps; the oldest expire first."""
    cached_batches: PositiveInt = 512
    """Batches whose spans each process caches."""
    cached_lots: PositiveInt = 4096
    """Lots whose rendered pages each process caches."""
    refresh_seconds: PositiveFloat = 0.25
    """Interval at which the ledger is polled for changes: the longest delay of a recall. With
    PostgreSQL notifications it is polled a third as often."""
    stale_seconds: PositiveFloat = 10.0
    """After so long without the ledger, answers say that the state may be old."""
    measure_scan_rate: bool = True
    """Whether to measure the scan rate of each product, and to use it where it is below
    `rules.scan_rate`. If false, `rules.scan_rate` is used."""
    journal_queue_size: PositiveInt = 10_000
    """Scans that may wait for the journal; further scans are answered 503 with Retry-After."""
    token_seconds: PositiveInt = 600
    """Time for which a page can confirm its scan."""
    clock_confirm_seconds: NonNegativeFloat = 60.0
    """Seconds for which a system clock that jumped by more than two seconds must keep its offset
    before it is believed. Until then the monotonic clock counts the time. With 0 every jump is
    believed at once, and none is logged."""
    stream_max_length: PositiveInt = 5_000_000
    """Scans that may wait in the Redis stream for the recorder; further scans are refused."""
    recorder_max_scans: PositiveInt = 2_000
    """Scans that the recorder writes in one transaction at most."""
    device_cookie_days: Annotated[int, Field(ge=1, le=400)] = 400
    """Lifetime of a device's cookie; longer than the shelf life of produce, so that a person who
    scans the same stamp again is recognised. Browsers allow 400 days."""
    unknown_code_seconds: NonNegativeFloat = 0.02
    """Time after which every unknown code is answered, so that the answer's delay says nothing."""
    unknown_per_minute: PositiveInt = 300
    """Unknown codes that one network (IPv4 address, IPv6 /64) may try in a minute. Thousands of
    people share an address behind a carrier's NAT, and few of them mistype. So many GS1 keys, too,
    may one network have looked up in the ledger."""
    writes_per_minute: PositiveInt = 120
    """Claims and reports that one network may send in a minute."""
    country_header: str = ""
    """Header in which trusted proxies name the client's country (two letters); empty for none."""
    app_keys: tuple[str, ...] = ()
    """Apps that may scan without a page, each `NAME:app:SHA256` (of the key, in hex). They send
    `Authorization: Bearer KEY`. A shared key weighs as a page does; devices of inspectors and
    official apps are enrolled at the desk and sign their scans."""
    signed_scan_hours: PositiveInt = 72
    """Age up to which a scan that an enrolled device signed, and could not send, is accepted."""
    hotline: str = ""
    """Telephone number that pages show; empty for none."""
    authority: str = ""
    """Name of the authority behind the service, which pages show; empty for none."""
    sandbox: bool = False
    """Whether every page says that its data are invented; `veritem sandbox` sets it."""
    body_seconds: PositiveFloat = 5.0
    """Deadline of a request's body (a few hundred bytes); then it is answered 408."""

    @field_validator("history", "journal", "network_memory")
    @classmethod
    def _check_address(cls, url: str, info: ValidationInfo) -> str:
        without_address = _WITHOUT_ADDRESS[str(info.field_name)]
        if url.strip() == without_address:
            return without_address
        if not is_redis_url(url):
            raise ValueError(f"must be {without_address} or an address of Redis: redis://…")
        parse_redis_url(url)
        return url

    @model_validator(mode="after")
    def _add_password(self) -> Self:
        """Put the password into the addresses that have none."""
        password = self.redis_password.get_secret_value()
        if password:
            for name in _WITHOUT_ADDRESS:
                if is_redis_url(getattr(self, name)):
                    # A frozen model can still be completed while it is validated.
                    self.__dict__[name] = add_password(getattr(self, name), password)
        return self

    @field_validator("claims")
    @classmethod
    def _check_claims(cls, address: str) -> str:
        return address if address == IN_PROCESS_CLAIMS else check_claim_address(address)

    @field_validator("app_keys")
    @classmethod
    def _check_app_keys(cls, lines: tuple[str, ...]) -> tuple[str, ...]:
        if not all(_APP_KEY.fullmatch(line) for line in lines):
            raise ValueError(
                "must be NAME:app:SHA256 each; inspectors' devices are enrolled at the desk"
            )
        return lines

    @model_validator(mode="after")
    def _check_workers(self) -> "ResolverSettings":
        in_process = self.history == IN_PROCESS_HISTORY or self.journal == DIRECT_JOURNAL
        if self.workers > 1 and in_process:
            raise ValueError("workers: more than one needs history and journal on redis://")
        return self
