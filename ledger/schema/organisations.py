"""Organisations, products and places."""

from sqlalchemy import BigInteger, Column, Float, ForeignKey, Index, Integer, Table, Text

from ledger.schema.columns import metadata, optional_column, required_column

organisations = Table(
    "organisations",
    metadata,
    Column("id", Text, primary_key=True),
    required_column("kind", Text),
    required_column("name", Text),
    optional_column("public_key", Text),
    optional_column("address", Text),
    optional_column("disabled_at", BigInteger),
    optional_column("province", Text),
)
Index(None, organisations.c.name, organisations.c.id)
Index(None, organisations.c.kind, organisations.c.name, organisations.c.id)
Index(None, organisations.c.province, organisations.c.kind)

products = Table(
    "products",
    metadata,
    Column("id", Text, primary_key=True),
    required_column("name", Text),
    optional_column("gtin", Text),
    optional_column("shelf_life_days", Integer),
    optional_column("yield_t_per_ha", Float),
    optional_column("fruit_kg", Float),
    optional_column("kind", Text),
)

places = Table(
    "places",
    metadata,
    Column("id", Text, primary_key=True),
    required_column("kind", Text),
    required_column("name", Text),
    optional_column("code", Text),
    optional_column("province", Text),
    optional_column("ward", Text),
    optional_column("lat", Float),
    optional_column("lon", Float),
    optional_column("organisation", Text, ForeignKey("organisations.id")),
    optional_column("gln", Text),
)
Index(None, places.c.code)
Index(None, places.c.gln)
Index(None, places.c.name, places.c.id)
for _filter in ("kind", "organisation", "province"):
    Index(None, places.c[_filter], places.c.name, places.c.id)
