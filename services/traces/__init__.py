"""Traces back and forward, and what they reach."""
