"""Symbols, labels, sheets and bundles for print houses."""
