"""The scan journal, which makes accepted evidence durable: a port and its adapters."""

from resolver.journal.port import Evidence, Journal

__all__ = ["Evidence", "Journal"]
