"""What the hold-out's report calls its parts and metrics, and which have a line."""

HEADS: dict[str, str] = {
    "emotion": "Emotion",
    "votes": "Votes",
    "action_units": "Action units",
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
    "cross_entropy": "cross-entropy, the votes' entropy is best",
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
    "mean_ccc": "mean CCC",
    "valence_ccc": "valence CCC",
    "arousal_ccc": "arousal CCC",
    "mean_rmse": "mean RMSE, 0 is best",
    "valence_rmse": "valence RMSE, 0 is best",
    "arousal_rmse": "arousal RMSE, 0 is best",
}
"""The main metrics in words, in the order of their lines; ``holdout.json`` has all."""

LEFT_OUT: frozenset[str] = frozenset(
    {"emotion.micro_f1", "action_units.accuracy", "action_units.weighted_f1"}
)
"""Lines of another head that this one has not. Micro F1 of classes is their accuracy;
the accuracy of action units is high where nothing is said, and the dummy says all."""
