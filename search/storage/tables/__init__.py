"""The tables of Optuna's database storage."""
