"""The only owner of the Optuna study: trials are asked, told, pruned and read here."""
