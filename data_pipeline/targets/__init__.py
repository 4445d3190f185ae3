"""From labels to training targets: class sets, weights, balance and oversampling."""
