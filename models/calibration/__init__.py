"""Probabilities corrected by a monotone rule, fitted on out-of-fold predictions."""
