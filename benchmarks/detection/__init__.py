"""Is the judge to be trusted? A simulated world, a set of baselines, and an honest count."""
