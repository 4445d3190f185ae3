"""Files that trials leave in the run's folder: only the driver writes and deletes."""
