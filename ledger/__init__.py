"""Durable facts: one schema on SQLite and PostgreSQL, with an audit chain."""
