"""A data set as a table of samples: subjects, landmarks, sequences and its checks."""
