"""Bundles for print houses: code lists, symbol images, PDFs, job ticket and manifest."""
