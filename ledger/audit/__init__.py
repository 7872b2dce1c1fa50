"""The audit log, and the verification of all history: chains, decisions, signed heads."""
