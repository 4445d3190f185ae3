"""Files on disk become arrays: readers, drawn faces, splits, the sealed hold-out."""
