"""Use cases of cartons and pallets."""
