"""The recorder: takes scans from the Redis stream and writes them to the ledger."""
