"""Hash chains: chained rows, digests of rows, and how far a chain reaches."""
