"""The Ray Tune executor: the only modules that import Ray."""
