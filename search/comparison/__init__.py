"""Finished runs side by side, and what their models differ by on the same people."""
