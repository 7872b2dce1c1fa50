"""Detection: from the scans of a stamp to a graded verdict. Pure: no clock, I/O or module state.

Data flow, one module a step:

- `scan_event`, `user_agent`, `place`: one scan as detection sees it;
- `apply_scan`: add the event to the `scan_history` (visits change nothing);
- `features`: 21 numbers of the history, with their calibrated weights (`model` sums them up);
- `score`: the weights as one score, capped by `benign_causes`;
- `verdict`: the score as a verdict with reasons, and the alert; thresholds are in `rules`;
- `batch_anomaly`: whether the stamps of one batch turn anomalous together;
- `replay`, `replay_format`: the same over a recorded world.

Imports `stamps` only.
"""
