"""Exports of all data of one organisation: what belongs to it, and the jobs that write it."""
