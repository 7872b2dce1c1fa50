"""The journal room: it makes accepted evidence durable. A port and its adapters."""

from resolver.journal.port import Evidence, Journal

__all__ = ["Evidence", "Journal"]
