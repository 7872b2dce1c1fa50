"""Use cases of organisations, products and places."""
