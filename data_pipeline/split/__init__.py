"""The subject-disjoint split: folds, the sealed hold-out, receipts of its use."""
