"""Code that both HTTP services share: errors, problems, headers, requests, languages.

Imports `stamps` (for `VeritemError`) and nothing else of ours.
"""
