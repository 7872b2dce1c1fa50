"""Snapshots for field checks without a network."""

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, Table

from ledger.schema.columns import metadata, optional, required

field_snapshots = Table(
    "field_snapshots",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    required("base", Integer),
    required("at", BigInteger),
    required("codes", BigInteger),
    required("size", Integer),
    required("content", LargeBinary),
    optional("ranges", LargeBinary),
)
