"""How a step changes the weights: one rule on one vector of all weights."""
