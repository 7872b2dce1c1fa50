"""The places that keep chain heads: a folder, an HTTP collector, an auditor's mailbox."""

from issuer.heads.places.collector import CollectorPlace
from issuer.heads.places.folder import FolderPlace
from issuer.heads.places.mail import MailPlace

__all__ = ["CollectorPlace", "FolderPlace", "MailPlace"]
