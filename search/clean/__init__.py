"""Says what disk space of a run and of the cache can be freed, and frees it."""
