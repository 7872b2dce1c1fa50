"""Proofs: what a photo or scan of a printed sheet says about the print.

`inspector` finds and measures the symbols in a process of its own, because the file is a stranger's
and its decoders are written in C++; `judgement` says what is wrong with which symbol.
"""
