"""Quality of data: facts folded from the chains, by organisation, province and month."""
