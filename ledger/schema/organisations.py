"""Organisations, products and places."""

from sqlalchemy import BigInteger, Column, Float, ForeignKey, Index, Integer, Table, Text

from ledger.schema.columns import metadata, optional, required

organisations = Table(
    "organisations",
    metadata,
    Column("id", Text, primary_key=True),
    required("kind", Text),
    required("name", Text),
    optional("public_key", Text),
    optional("address", Text),
    optional("disabled_at", BigInteger),
    optional("province", Text),
)
Index(None, organisations.c.name, organisations.c.id)
Index(None, organisations.c.kind, organisations.c.name, organisations.c.id)

products = Table(
    "products",
    metadata,
    Column("id", Text, primary_key=True),
    required("name", Text),
    optional("gtin", Text),
    optional("shelf_life_days", Integer),
    optional("yield_t_per_ha", Float),
    optional("fruit_kg", Float),
    optional("kind", Text),
)

places = Table(
    "places",
    metadata,
    Column("id", Text, primary_key=True),
    required("kind", Text),
    required("name", Text),
    optional("code", Text),
    optional("province", Text),
    optional("ward", Text),
    optional("lat", Float),
    optional("lon", Float),
    optional("organisation", Text, ForeignKey("organisations.id")),
    optional("gln", Text),
)
Index(None, places.c.code)
Index(None, places.c.name, places.c.id)
for _filter in ("kind", "organisation", "province"):
    Index(None, places.c[_filter], places.c.name, places.c.id)
