"""Samplers, and untried parameter sets."""
