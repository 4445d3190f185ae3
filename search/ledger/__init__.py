"""The only code that uses the Optuna study: asks, tells, prunes and reads trials."""
