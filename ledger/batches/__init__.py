"""Batches of stamps, their mass balance, and what print houses keep about them."""
