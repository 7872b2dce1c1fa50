"""Formats in which other portals take published records: mappings that are data files."""
