"""Use cases of alerts: cases, hearings, minutes, evidence export, reviews of the detector."""
