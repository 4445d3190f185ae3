"""The search: study files, the ledger of trials, executors, the final test."""
