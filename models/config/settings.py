"""The table of every key that a study may fix or search.

A row says its type, its bounds or choices, its default, and (by ``structure``) whether
a change of the value needs a new graph.
"""

from dataclasses import dataclass

from models.config.augmentation_presets import PRESETS

Value = int | float | str


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One key of a configuration.

    ``low`` and ``high`` are inclusive; ``choices`` closes the set of values.
    """

    kind: type[int] | type[float] | type[str]
    default: Value
    low: float | None = None
    high: float | None = None
    choices: tuple[Value, ...] | None = None
    structure: bool = False


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

SETTINGS: dict[str, Setting] = {
    "backbone.name": Setting(
        kind=str, default="residual_cnn", choices=BACKBONE_NAMES, structure=True
    ),
    "backbone.blocks": Setting(kind=int, default=6, low=1, high=12, structure=True),
    "backbone.filters": Setting(kind=int, default=256, low=4, high=512, structure=True),
    "backbone.image_size": Setting(
        kind=int, default=0, low=0, high=1024, structure=True
    ),
    "backbone.weights": Setting(kind=str, default="none", structure=True),
    "backbone.normalization": Setting(
        kind=str, default=OWN, choices=(OWN, DEVELOPMENT), structure=True
    ),
    "head.dense_units": Setting(
        kind=int, default=128, low=0, high=4096, structure=True
    ),
    "head.dropout": Setting(kind=float, default=0.3, low=0.0, high=0.95),
    "regularization.l1": Setting(kind=float, default=0.0, low=0.0, high=10.0),
    "regularization.l2": Setting(kind=float, default=0.0, low=0.0, high=10.0),
    "training.epochs": Setting(kind=int, default=30, low=1, high=10_000),
    "training.patience": Setting(kind=int, default=0, low=0, high=10_000),
    "training.batch_size": Setting(kind=int, default=32, low=2, high=4096),
    "training.optimizer": Setting(
        kind=str, default="adam", choices=OPTIMIZER_NAMES, structure=True
    ),
    "training.learning_rate": Setting(kind=float, default=1e-3, low=1e-9, high=1e3),
    "training.schedule": Setting(kind=str, default="cosine", choices=SCHEDULES),
    "training.warmup_epochs": Setting(kind=int, default=5, low=0, high=10_000),
    "training.step_epochs": Setting(kind=int, default=10, low=1, high=10_000),
    "training.step_factor": Setting(kind=float, default=0.1, low=1e-6, high=1.0),
    "training.plateau_patience": Setting(kind=int, default=5, low=1, high=10_000),
    "training.plateau_factor": Setting(kind=float, default=0.1, low=1e-6, high=1.0),
    "training.weight_decay": Setting(kind=float, default=4e-3, low=0.0, high=10.0),
    "training.momentum": Setting(kind=float, default=0.9, low=0.0, high=0.9999),
    "training.nesterov": Setting(kind=str, default="yes", choices=("yes", "no")),
    "training.clip_norm": Setting(kind=float, default=0.0, low=0.0, high=1e6),
    # Any average needs a graph that keeps it; which one, is a knob.
    "training.ema": Setting(kind=float, default=0.0, low=0.0, high=0.99999),
    # Likewise: any radius needs a graph that takes two gradients a step.
    "training.sam_rho": Setting(kind=float, default=0.0, low=0.0, high=10.0),
    "training.precision": Setting(
        kind=str, default="float32", choices=PRECISIONS, structure=True
    ),
    "finetune.frozen_epochs": Setting(kind=int, default=0, low=0, high=10_000),
    "finetune.learning_rate": Setting(kind=float, default=0.0, low=0.0, high=1e3),
    "finetune.blocks": Setting(kind=int, default=0, low=0, high=100, structure=True),
    "finetune.batch_norm": Setting(
        kind=str, default="trained", choices=("trained", "frozen"), structure=True
    ),
    "loss.au_weight": Setting(kind=float, default=1.0, low=0.0, high=1000.0),
    "loss.valence_arousal_weight": Setting(
        kind=float, default=1.0, low=0.0, high=1000.0
    ),
    "loss.ccc_share": Setting(kind=float, default=0.5, low=0.0, high=1.0),
    "loss.label_smoothing": Setting(kind=float, default=0.0, low=0.0, high=0.5),
    "loss.focal_gamma": Setting(kind=float, default=0.0, low=0.0, high=10.0),
    "balance": Setting(kind=str, default="none", choices=BALANCES),
    "balance.beta": Setting(kind=float, default=0.999, low=0.0, high=0.999999),
    "augmentation.preset": Setting(kind=str, default="none", choices=tuple(PRESETS)),
    "augmentation.strength": Setting(kind=float, default=1.0, low=0.0, high=1.0),
    "augmentation.probability": Setting(kind=float, default=1.0, low=0.0, high=1.0),
    "augmentation.flip": Setting(kind=float, default=0.0, low=0.0, high=1.0),
    "augmentation.rotation": Setting(kind=float, default=0.0, low=0.0, high=180.0),
    "augmentation.scale": Setting(kind=float, default=0.0, low=0.0, high=0.9),
    "augmentation.shift": Setting(kind=float, default=0.0, low=0.0, high=1.0),
    "augmentation.crop": Setting(kind=float, default=0.0, low=0.0, high=0.9),
    "augmentation.skew": Setting(kind=float, default=0.0, low=0.0, high=1.0),
    "augmentation.brightness": Setting(kind=float, default=0.0, low=0.0, high=1.0),
    "augmentation.contrast": Setting(kind=float, default=0.0, low=0.0, high=1.0),
    "augmentation.erasing": Setting(kind=float, default=0.0, low=0.0, high=1.0),
    "augmentation.mixup": Setting(kind=float, default=0.0, low=0.0, high=10.0),
}
