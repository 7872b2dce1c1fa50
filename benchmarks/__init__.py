"""Benchmarks of Veritem and its peers, with committed results."""
