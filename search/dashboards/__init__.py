"""What optuna-dashboard shows of a run beside its trials, and its server."""
