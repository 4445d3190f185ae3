"""Optuna's storages: databases, journals, locks and leases."""
