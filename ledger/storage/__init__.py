"""Storage: one database, its transactions, its failures, and values as columns."""
