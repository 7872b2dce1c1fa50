"""Bundles for print houses: code lists, symbol images, PDF parts, job ticket and signed manifest."""
