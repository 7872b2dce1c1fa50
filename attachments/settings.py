"""Settings of the attachment store."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict


class AttachmentSettings(BaseModel):
    """Photos and files of evidence, stored once by hash."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    directory: Path = Path("var/attachments")
    """Folder of the photos. The desk writes it, the resolver reads it; on several machines it is a
    shared folder. `veritem backup` and `veritem backups run` copy it."""
    spool: Path = Path("var/report-spool")
    """Folder in which the public service leaves photos of reports until the desk takes them; both
    write it. It is in no backup."""
    evidence: Path = Path("var/evidence")
    """Folder of the files of evidence, as they were sent. The desk alone reads and writes it.
    `veritem backup` and `veritem backups run` copy it."""
