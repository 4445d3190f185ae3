"""Synthetic faces written in the layouts of real data sets."""
