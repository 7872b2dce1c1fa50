"""Orders, batches, signing and manifests: the only room that can sign."""
