"""The names of the class balances, readable without pandas."""

BALANCES = (
    NONE := "none",
    CLASS_WEIGHTS := "class_weights",
    EFFECTIVE_NUMBER := "effective_number",
    OVERSAMPLE := "oversample",
    OVERSAMPLE_LABELS := "oversample_labels",
)
"""Values of a study's ``balance``; ``class_balance`` implements them."""
