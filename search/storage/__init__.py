"""Where Optuna keeps its trials: databases, journals, locks and leases."""
