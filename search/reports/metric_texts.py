"""Words of the report: heads, metrics, baselines, and which of them are shown."""

HEADS: dict[str, str] = {
    "emotion": "Emotion",
    "votes": "Votes",
    "action_units": "Action units",
    "action_unit_intensities": "Intensities",
    "valence_arousal": "Valence and arousal",
}

METRIC_TEXTS: dict[str, str] = {
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy",
    "macro_precision": "macro precision",
    "macro_recall": "macro recall",
    "macro_f1": "macro F1",
    "weighted_f1": "weighted F1",
    "kappa": "Cohen's kappa",
    "ece": "calibration error",
    "kl_divergence": "KL divergence, 0 is best",
    "js_divergence": "JS divergence, 0 is best",
    "cross_entropy": "cross-entropy, votes' entropy best",
    "mean_precision": "mean precision at 0.5",
    "mean_recall": "mean recall at 0.5",
    "mean_f1": "mean F1 at 0.5",
    "micro_f1": "micro F1 at 0.5",
    "mean_f1_norm": "mean skew-normalised F1 at 0.5",
    "mean_auc": "mean AUC",
    "mean_pr_auc": "mean precision-recall AUC",
    "mean_precision_at_thresholds": "mean precision at chosen thresholds",
    "mean_recall_at_thresholds": "mean recall at chosen thresholds",
    "mean_f1_at_thresholds": "mean F1 at chosen thresholds",
    "mean_icc": "mean ICC",
    "mean_pcc": "mean correlation",
    "mean_mae": "mean absolute error, 0 is best",
    "mean_ccc": "mean CCC",
    "valence_ccc": "valence CCC",
    "arousal_ccc": "arousal CCC",
    "mean_rmse": "mean RMSE, 0 is best",
    "valence_rmse": "valence RMSE, 0 is best",
    "arousal_rmse": "arousal RMSE, 0 is best",
}
"""Main metrics in the order of their lines; ``holdout.json`` has all of them.

The ICC of each action unit follows."""

LEFT_OUT: frozenset[str] = frozenset(
    {
        "emotion.micro_f1",
        "action_units.accuracy",
        "action_units.weighted_f1",
        "valence_arousal.mean_pcc",
    }
)
"""Metrics that are not shown for a head: micro F1 of classes equals their accuracy, and
the accuracy of action units is high where nothing is predicted; CCC is below PCC."""

BASELINES: dict[str, tuple[str, str]] = {
    "linear_pixels": (
        "linear",
        "logistic (of numbers: ridge) regression on the pixels",
    ),
    "linear_features": ("frozen", "the same on frozen features of {weights}"),
}
"""Baselines beside the constant: the heading of their column, and what they are."""

CONTINUOUS = ("action_unit_intensities", "valence_arousal")
"""Heads whose labels are numbers: these are left out where they do not vary."""

COMPARED: dict[str, tuple[str, ...]] = {
    "emotion": ("accuracy", "macro_f1"),
    "votes": ("kl_divergence",),
    "action_units": ("mean_auc", "mean_f1_at_thresholds"),
    "action_unit_intensities": ("mean_icc", "mean_mae"),
    "valence_arousal": ("mean_ccc",),
}
"""Metrics whose differences are printed; ``holdout.json`` has all of them."""

UNDEFINED = "-"


def number(value: float | None, *, signed: bool = False) -> str:
    """Renders a metric with three decimals.

    Example:
        >>> number(0.25), number(None)
        ('0.250', '-')
    """
    if value is None:
        return UNDEFINED
    return f"{value:+.3f}" if signed else f"{value:.3f}"


def metric_words(metric: str) -> str:
    """Writes a metric with its target.

    Example:
        >>> metric_words("emotion.macro_f1"), metric_words("emotion.mine:top2")
        ('macro F1 of emotion', 'mine:top2 of emotion')
    """
    head, _, name = metric.partition(".")
    words = METRIC_TEXTS.get(name, name).partition(",")[0]
    return f"{words} of {HEADS.get(head, head).lower()}"
