"""Settings of the notice service."""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt, SecretStr


class NoticeSettings(BaseModel):
    """Settings of the notice service, which sends messages to webhooks."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    in_desk: bool = True
    """Whether the desk's process sends the messages; false where `veritem notices` runs."""
    secrets: Path = Path("var/notices")
    """Folder of `webhooks.keys`, which seals the secrets of webhooks. Desk and notice service
    read it, no other service may. Back it up."""
    secrets_key: SecretStr = SecretStr("")
    """Keys that seal the secrets of webhooks, in place of `webhooks.keys`: 32 bytes each in
    base64url, separated by blanks, the newest first."""
    ledger: Annotated[str, Field(json_schema_extra={"filled_from": "ledger.url"})] = (
        "sqlite:///var/veritem.db"
    )
    """Address of the ledger, with the login of the notice service."""
    ledger_answer_seconds: PositiveFloat = 10.0
    """Seconds that PostgreSQL may take for an answer (writes: ten more)."""
    admin_host: str = "127.0.0.1"
    """Address of the admin port (metrics) of `veritem notices`."""
    admin_port: Annotated[int, Field(ge=0, le=65535)] = 9073
    """Port of the metrics; 0 takes a free one."""
    concurrent: PositiveInt = 16
    """Webhooks that are sent to at a time."""
    answer_seconds: PositiveFloat = 15.0
    """Seconds of one delivery, from the name's resolution to the last byte of the answer."""
