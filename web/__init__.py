"""What both HTTP services share: errors, problem documents, security headers, requests, languages.

Imports `stamps` (for `VeritemError`) and nothing else of ours.
"""
