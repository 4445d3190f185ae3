"""The evaluation of a model: metrics with intervals, tables and baselines."""
