"""Evaluation of the detector on simulated worlds, with baselines and gates."""
