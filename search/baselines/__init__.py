"""Linear baselines of a run, and how much higher the trial scores than they do."""
