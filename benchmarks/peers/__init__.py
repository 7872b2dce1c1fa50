"""The peers: what others do for the same work, written as their users would write it."""
