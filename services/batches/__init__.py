"""Use cases of batches: issue, bundles, print reports, print proofs, print keys."""
