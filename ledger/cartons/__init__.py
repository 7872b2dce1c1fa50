"""Cartons and pallets: what is in them, and the acts of packing and unpacking."""
