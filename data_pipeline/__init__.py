"""From files on disk to arrays: readers, synthetic faces, splits, the hold-out."""
