"""The finished folds of a trial, kept until it ends: an interrupted one goes on."""
