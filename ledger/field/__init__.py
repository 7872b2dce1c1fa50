"""Field checks: snapshots, phones and findings of inspectors."""
