"""Forms of the pages between two requests: flaws, refusals, drafts and flash messages."""
