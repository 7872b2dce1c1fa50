"""Loads as people make them: a real day with locust, a steady stream of scans by hand."""
