"""Registered codes of growing areas and packing houses, and the watch over them."""
