"""Use cases of orders and their limits."""
