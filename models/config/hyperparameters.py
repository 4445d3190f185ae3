"""The table of every key that a study may fix or search.

A row says its type, its bounds or choices, its default, and (by ``graph``) whether
a change of the value needs a new graph.
"""

from dataclasses import dataclass

from models.config.augmentation_presets import PRESETS

Value = int | float | str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hyperparameter:
    """One key of a configuration.

    ``low`` and ``high`` are inclusive; ``choices`` closes the set of values.
    """

    kind: type[int] | type[float] | type[str]
    default: Value
    low: float | None = None
    high: float | None = None
    choices: tuple[Value, ...] | None = None
    graph: bool = False


BACKBONE_NAMES: tuple[str, ...] = (
    "residual_cnn",
    "resnet18",
    "resnet50",
    "densenet121",
    "efficientnet_b0",
    "efficientnet_b1",
    "efficientnet_b2",
    "efficientnet_b3",
    "mobilenet",
    "ferplus_cnn",
)
"""In the order of ``models.backbones.BACKBONES``, which must list the same names."""

OWN, DEVELOPMENT = "own", "development"
"""By which numbers pixels are scaled: the backbone's rule, or the training rows'."""

SCHEDULES: tuple[str, ...] = (
    "cosine",
    "constant",
    "cosine_warmup",
    "step",
    "plateau",
)
"""In the order of ``models.config.schedules.SHAPES``, which has the same names."""

PLATEAU = "plateau"
"""The one schedule that depends on the validation."""

OPTIMIZER_NAMES: tuple[str, ...] = ("adam", "adamw", "sgd", "lion")
DECAYED = ("adamw", "lion")
"""Optimizers with decoupled weight decay."""

PRECISIONS: tuple[str, ...] = ("float32", "mixed_bfloat16", "mixed_float16")
"""Policies of Keras: what layers compute in; weights and heads stay float32."""

BALANCES: tuple[str, ...] = (
    "none",
    "class_weights",
    "effective_number",
    "oversample",
    "oversample_labels",
)
"""In the order of ``data_pipeline.targets.class_balance``, which has the same names."""

HYPERPARAMETERS: dict[str, Hyperparameter] = {
    "backbone.name": Hyperparameter(
        kind=str, default="residual_cnn", choices=BACKBONE_NAMES, graph=True
    ),
    "backbone.blocks": Hyperparameter(kind=int, default=6, low=1, high=12, graph=True),
    "backbone.filters": Hyperparameter(
        kind=int, default=256, low=4, high=512, graph=True
    ),
    "backbone.image_size": Hyperparameter(
        kind=int, default=0, low=0, high=1024, graph=True
    ),
    "backbone.weights": Hyperparameter(kind=str, default="none", graph=True),
    "backbone.normalization": Hyperparameter(
        kind=str, default=OWN, choices=(OWN, DEVELOPMENT), graph=True
    ),
    "head.dense_units": Hyperparameter(
        kind=int, default=128, low=0, high=4096, graph=True
    ),
    "head.dropout": Hyperparameter(kind=float, default=0.3, low=0.0, high=0.95),
    "regularization.l1": Hyperparameter(kind=float, default=0.0, low=0.0, high=10.0),
    "regularization.l2": Hyperparameter(kind=float, default=0.0, low=0.0, high=10.0),
    "training.epochs": Hyperparameter(kind=int, default=30, low=1, high=10_000),
    "training.patience": Hyperparameter(kind=int, default=0, low=0, high=10_000),
    "training.batch_size": Hyperparameter(kind=int, default=32, low=2, high=4096),
    "training.optimizer": Hyperparameter(
        kind=str, default="adam", choices=OPTIMIZER_NAMES, graph=True
    ),
    "training.learning_rate": Hyperparameter(
        kind=float, default=1e-3, low=1e-9, high=1e3
    ),
    "training.schedule": Hyperparameter(kind=str, default="cosine", choices=SCHEDULES),
    "training.warmup_epochs": Hyperparameter(kind=int, default=5, low=0, high=10_000),
    "training.step_epochs": Hyperparameter(kind=int, default=10, low=1, high=10_000),
    "training.step_factor": Hyperparameter(kind=float, default=0.1, low=1e-6, high=1.0),
    "training.plateau_patience": Hyperparameter(
        kind=int, default=5, low=1, high=10_000
    ),
    "training.plateau_factor": Hyperparameter(
        kind=float, default=0.1, low=1e-6, high=1.0
    ),
    "training.weight_decay": Hyperparameter(
        kind=float, default=4e-3, low=0.0, high=10.0
    ),
    "training.momentum": Hyperparameter(kind=float, default=0.9, low=0.0, high=0.9999),
    "training.nesterov": Hyperparameter(kind=str, default="yes", choices=("yes", "no")),
    "training.clip_norm": Hyperparameter(kind=float, default=0.0, low=0.0, high=1e6),
    # Any average needs a graph that keeps it; which one, is a runtime number.
    "training.ema": Hyperparameter(kind=float, default=0.0, low=0.0, high=0.99999),
    # Likewise: any radius needs a graph that takes two gradients a step.
    "training.sam_rho": Hyperparameter(kind=float, default=0.0, low=0.0, high=10.0),
    "training.precision": Hyperparameter(
        kind=str, default="float32", choices=PRECISIONS, graph=True
    ),
    "finetune.frozen_epochs": Hyperparameter(kind=int, default=0, low=0, high=10_000),
    "finetune.learning_rate": Hyperparameter(
        kind=float, default=0.0, low=0.0, high=1e3
    ),
    "finetune.blocks": Hyperparameter(kind=int, default=0, low=0, high=100, graph=True),
    "finetune.batch_norm": Hyperparameter(
        kind=str, default="trained", choices=("trained", "frozen"), graph=True
    ),
    "loss.au_weight": Hyperparameter(kind=float, default=1.0, low=0.0, high=1000.0),
    "loss.valence_arousal_weight": Hyperparameter(
        kind=float, default=1.0, low=0.0, high=1000.0
    ),
    "loss.ccc_share": Hyperparameter(kind=float, default=0.5, low=0.0, high=1.0),
    "loss.label_smoothing": Hyperparameter(kind=float, default=0.0, low=0.0, high=0.5),
    "loss.focal_gamma": Hyperparameter(kind=float, default=0.0, low=0.0, high=10.0),
    "balance": Hyperparameter(kind=str, default="none", choices=BALANCES),
    "balance.beta": Hyperparameter(kind=float, default=0.999, low=0.0, high=0.999999),
    "augmentation.preset": Hyperparameter(
        kind=str, default="none", choices=tuple(PRESETS)
    ),
    "augmentation.strength": Hyperparameter(kind=float, default=1.0, low=0.0, high=1.0),
    "augmentation.probability": Hyperparameter(
        kind=float, default=1.0, low=0.0, high=1.0
    ),
    "augmentation.flip": Hyperparameter(kind=float, default=0.0, low=0.0, high=1.0),
    "augmentation.rotation": Hyperparameter(
        kind=float, default=0.0, low=0.0, high=180.0
    ),
    "augmentation.scale": Hyperparameter(kind=float, default=0.0, low=0.0, high=0.9),
    "augmentation.shift": Hyperparameter(kind=float, default=0.0, low=0.0, high=1.0),
    "augmentation.crop": Hyperparameter(kind=float, default=0.0, low=0.0, high=0.9),
    "augmentation.skew": Hyperparameter(kind=float, default=0.0, low=0.0, high=1.0),
    "augmentation.brightness": Hyperparameter(
        kind=float, default=0.0, low=0.0, high=1.0
    ),
    "augmentation.contrast": Hyperparameter(kind=float, default=0.0, low=0.0, high=1.0),
    "augmentation.erasing": Hyperparameter(kind=float, default=0.0, low=0.0, high=1.0),
    "augmentation.mixup": Hyperparameter(kind=float, default=0.0, low=0.0, high=10.0),
}
