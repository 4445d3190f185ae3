"""Samplers, and the parameter sets that they propose."""
