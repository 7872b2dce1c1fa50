"""Alerts: evidence, handling, decisions, hearings and minutes of a case."""
