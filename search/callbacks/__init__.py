"""Callbacks of a running search: progress, curves, tables, checkpoints."""
