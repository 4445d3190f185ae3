"""The vocabulary of labels: emotions, action units, votes, and their spellings."""
