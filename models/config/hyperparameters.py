"""The one table of hyperparameters: every key that a study may fix or search.

A row gives a key's range, its default, the field of the model's configuration that it
sets (which also determines whether a change needs a new graph) and its documentation.
``models.config.config`` builds a configuration from these rows.
"""

from collections.abc import Collection
from dataclasses import dataclass

from data_pipeline.own_code.named_code import Kind
from data_pipeline.targets.balances import BALANCES
from models.config.augmentation_presets import PRESETS
from models.config.backbone_catalogue import BACKBONES, OWN_BACKBONE
from models.config.schedules import SCHEDULES

Value = int | float | str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hyperparameter:
    """One key of a configuration.

    Attributes:
        kind: type of its values.
        default: value where a study does not mention the key.
        low: least value, inclusive; ``None`` for names.
        high: largest value, inclusive; ``None`` for names.
        choices: names that are allowed; ``None`` for numbers and for file names.
        sets: what it sets, as ``part.field``. ``graph`` is a field of ``GraphConfig``:
            another value needs a new graph. No other part needs one, but for
            ``model.normalization`` with pretrained weights, and for ``sizes``, which
            are the backbone's own: ``runtime`` is a variable
            of the graph (``RuntimeHyperparameters``), ``augmentation`` one number of
            the augmentation's variable, ``schedule`` a field of ``Schedule``, ``model``
            one of ``ModelConfig``.
        doc: its documentation, one line.
        own: the kind of own code that it takes beside its choices.
    """

    kind: type[int] | type[float] | type[str]
    default: Value
    low: float | None = None
    high: float | None = None
    choices: Collection[Value] | None = None
    sets: str
    doc: str
    own: Kind | None = None

    @property
    def new_graph(self) -> bool:
        """Whether another value needs a new graph."""
        return self.part in {"graph", SIZES}

    @property
    def part(self) -> str:
        """The part of the configuration that it belongs to."""
        return self.sets.partition(".")[0]

    @property
    def field(self) -> str:
        """The field of that part."""
        return self.sets.partition(".")[2]


SIZES = "sizes"
"""The part of the hyperparameters that some backbones have and others ignore."""

OWN, DEVELOPMENT = "own", "development"
"""Pixels are scaled by the backbone's own rule, or by the training rows' statistics."""

STANDARD = "standard"
"""The loss of this project for a head."""

OWN_LOSSES: dict[str, Kind] = {
    head: Kind(
        group="losses",
        key=f'"loss.{head}"',
        must="a function of target and logits that returns a scalar",
    )
    for head in (
        "emotion",
        "action_units",
        "action_unit_intensities",
        "valence_arousal",
    )
}

OPTIMIZER_NAMES: tuple[str, ...] = ("adam", "adamw", "sgd", "lion")
DECAYED = ("adamw", "lion")
"""Optimizers with decoupled weight decay."""

INTENSITY_LOSSES: tuple[str, ...] = ("squared", "ordinal")
"""Losses of intensities: squared error, or cross-entropy of five thresholds."""

PRECISIONS: tuple[str, ...] = ("float32", "mixed_bfloat16", "mixed_float16")
"""Keras's dtype policies for what layers compute in; weights and heads stay float32."""

FULL, FEATURES = "full", "features"
"""What is trained: the whole model, or its head on features computed once."""

POOLINGS: tuple[str, ...] = ("average", "max", "average_max", "grid")
"""How a map of features becomes a vector; ``models.network.heads`` has them."""

AUTO = "auto"
"""The precision that a run decides by its GPUs; float32 wherever no run has."""


def _int(default: int, low: int, high: int, sets: str, doc: str) -> Hyperparameter:
    return Hyperparameter(
        kind=int, default=default, low=low, high=high, sets=sets, doc=doc
    )


def _float(
    default: float, low: float, high: float, sets: str, doc: str
) -> Hyperparameter:
    return Hyperparameter(
        kind=float, default=default, low=low, high=high, sets=sets, doc=doc
    )


def _loss(head: str) -> Hyperparameter:
    return Hyperparameter(
        kind=str,
        default=STANDARD,
        choices=(STANDARD,),
        sets=f"graph.{head}_loss",
        doc=f"loss of the head {head}, see Own code",
        own=OWN_LOSSES[head],
    )


def _name(
    default: str,
    choices: Collection[Value] | None,
    sets: str,
    doc: str,
    own: Kind | None = None,
) -> Hyperparameter:
    return Hyperparameter(
        kind=str, default=default, choices=choices, sets=sets, doc=doc, own=own
    )


HYPERPARAMETERS: dict[str, Hyperparameter] = {
    "backbone.name": _name(
        "residual_cnn",
        BACKBONES.keys(),
        "graph.backbone",
        "the network before the head",
        OWN_BACKBONE,
    ),
    "backbone.blocks": _int(
        6, 1, 12, "sizes.blocks", "residual blocks per stage (residual_cnn)"
    ),
    "backbone.filters": _int(
        256, 8, 512, "sizes.filters", "filters of the second stage (residual_cnn)"
    ),
    "backbone.image_size": _int(
        0, 0, 1024, "graph.resize_to", "side in pixels that the backbone sees; 0: all"
    ),
    "backbone.weights": _name(
        "none",
        None,
        "graph.weights",
        "none, imagenet, shelf:NAME, study:NAME or a model's file",
    ),
    "backbone.normalization": _name(
        OWN,
        (OWN, DEVELOPMENT),
        "model.normalization",
        "pixels scaled by the backbone's rule, or by the training rows' statistics",
    ),
    "head.pooling": _name(
        "average", POOLINGS, "graph.pooling", "how the map of features is pooled"
    ),
    "head.dense_units": _int(
        128,
        0,
        4096,
        "runtime.dense_units",
        "units of the dense layer; 0: no layer",
    ),
    "head.dropout": _float(
        0.3, 0.0, 0.95, "runtime.dropout", "rate before the outputs"
    ),
    "regularization.l1": _float(
        0.0, 0.0, 10.0, "runtime.l1", "factor of the kernels' absolute values"
    ),
    "regularization.l2": _float(
        0.0, 0.0, 10.0, "runtime.l2", "factor of the kernels' squares"
    ),
    "training.epochs": _int(
        30, 1, 10_000, "model.epochs", "the maximum, and the horizon of the schedule"
    ),
    "training.patience": _int(
        0,
        0,
        10_000,
        "model.patience",
        "epochs without improvement; 0: never stop early",
    ),
    "training.batch_size": _int(32, 2, 4096, "model.batch_size", "rows per step"),
    "training.optimizer": _name(
        "adam", OPTIMIZER_NAMES, "runtime.optimizer", "the update rule"
    ),
    "training.learning_rate": _float(
        1e-3, 1e-9, 1e3, "runtime.learning_rate", "initial rate of the schedule"
    ),
    "training.schedule": _name(
        "cosine", SCHEDULES.keys(), "schedule.kind", "shape of the learning rate"
    ),
    "training.warmup_epochs": _int(
        5, 0, 10_000, "schedule.warmup_epochs", "epochs of the rise (cosine_warmup)"
    ),
    "training.step_epochs": _int(
        10, 1, 10_000, "schedule.step_epochs", "epochs between two drops (step)"
    ),
    "training.step_factor": _float(
        0.1, 1e-6, 1.0, "schedule.step_factor", "factor of each drop (step)"
    ),
    "training.plateau_patience": _int(
        5, 1, 10_000, "schedule.plateau_patience", "epochs before a drop (plateau)"
    ),
    "training.plateau_factor": _float(
        0.1, 1e-6, 1.0, "schedule.plateau_factor", "factor of each drop (plateau)"
    ),
    "training.weight_decay": _float(
        4e-3, 0.0, 10.0, "runtime.weight_decay", "decoupled decay (adamw, lion)"
    ),
    "training.momentum": _float(0.9, 0.0, 0.9999, "runtime.momentum", "momentum (sgd)"),
    "training.nesterov": _name(
        "yes", ("yes", "no"), "runtime.nesterov", "Nesterov's momentum (sgd)"
    ),
    "training.clip_norm": _float(
        0.0, 0.0, 1e6, "runtime.clip_norm", "largest norm of all gradients; 0: no limit"
    ),
    # A graph either keeps an average or does not; which one is a runtime number.
    "training.ema": _float(
        0.0, 0.0, 0.99999, "runtime.ema", "momentum of averaged weights; 0: none"
    ),
    # Likewise: any radius above 0 needs a graph that takes two gradients a step.
    "training.sam_rho": _float(
        0.0, 0.0, 10.0, "runtime.sam_rho", "radius of sharpness-aware steps; 0: none"
    ),
    "training.precision": _name(
        AUTO, (AUTO, *PRECISIONS), "graph.precision", "what layers compute in"
    ),
    "finetune.stage": _name(
        FULL,
        (FULL, FEATURES),
        "graph.stage",
        "what is trained: all, or the head on features computed once",
    ),
    "finetune.copies": _int(
        0, 0, 100, "model.copies", "augmented copies of an image (features)"
    ),
    "finetune.frozen_epochs": _int(
        0, 0, 10_000, "schedule.frozen_epochs", "epochs that train the head alone"
    ),
    "finetune.learning_rate": _float(
        0.0, 0.0, 1e3, "schedule.initial", "rate after the frozen epochs; 0: the same"
    ),
    "finetune.blocks": _int(
        0, 0, 100, "graph.trained_blocks", "last blocks that are trained; 0: all"
    ),
    "finetune.batch_norm": _name(
        "trained",
        ("trained", "frozen"),
        "graph.freeze_batch_norm",
        "the backbone's batch normalisation",
    ),
    **{f"loss.{head}": _loss(head) for head in OWN_LOSSES},
    "loss.au_weight": _float(
        1.0, 0.0, 1000.0, "runtime.au_weight", "weight of the action units"
    ),
    "loss.au_intensity_weight": _float(
        1.0,
        0.0,
        1000.0,
        "runtime.au_intensity_weight",
        "weight of the action units' intensities",
    ),
    "loss.intensity": _name(
        INTENSITY_LOSSES[0],
        INTENSITY_LOSSES,
        "runtime.intensity_loss",
        "loss of intensities",
    ),
    "loss.valence_arousal_weight": _float(
        1.0, 0.0, 1000.0, "runtime.valence_arousal_weight", "weight of the ratings"
    ),
    "loss.ccc_share": _float(
        0.5,
        0.0,
        1.0,
        "runtime.ccc_share",
        "share of 1 - CCC; the rest is squared error",
    ),
    "loss.label_smoothing": _float(
        0.0, 0.0, 0.5, "runtime.label_smoothing", "smoothing of emotion labels"
    ),
    "loss.focal_gamma": _float(
        0.0,
        0.0,
        10.0,
        "runtime.focal_gamma",
        "of the focal losses; 0: plain cross-entropy",
    ),
    "balance": _name(
        "none", BALANCES, "model.balance", "class weights or repeated rows"
    ),
    "balance.beta": _float(
        0.999, 0.0, 0.999999, "model.balance_beta", "beta of effective_number"
    ),
    "augmentation.preset": _name(
        "none", PRESETS.keys(), "augmentation.preset", "named set of amounts"
    ),
    "augmentation.strength": _float(
        1.0, 0.0, 1.0, "augmentation.strength", "factor of all other amounts"
    ),
    "augmentation.probability": _float(
        1.0, 0.0, 1.0, "augmentation.probability", "share of images that are changed"
    ),
    "augmentation.flip": _float(
        0.0, 0.0, 1.0, "augmentation.flip", "share that is mirrored"
    ),
    "augmentation.rotation": _float(
        0.0, 0.0, 180.0, "augmentation.rotation", "degrees to either side"
    ),
    "augmentation.scale": _float(
        0.0, 0.0, 0.9, "augmentation.scale", "change of size, either way"
    ),
    "augmentation.shift": _float(
        0.0, 0.0, 1.0, "augmentation.shift", "along each axis, as a share of the side"
    ),
    "augmentation.crop": _float(
        0.0, 0.0, 0.9, "augmentation.crop", "share of the area that is cut off"
    ),
    "augmentation.skew": _float(
        0.0, 0.0, 1.0, "augmentation.skew", "tangent of the angle along each axis"
    ),
    "augmentation.brightness": _float(
        0.0, 0.0, 1.0, "augmentation.brightness", "added, as a share of the range"
    ),
    "augmentation.contrast": _float(
        0.0, 0.0, 1.0, "augmentation.contrast", "change around the image's mean"
    ),
    "augmentation.erasing": _float(
        0.0, 0.0, 1.0, "augmentation.erasing", "share that loses a rectangle"
    ),
    "augmentation.mixup": _float(
        0.0, 0.0, 10.0, "model.mixup", "alpha of Beta(alpha, alpha); 0: none"
    ),
}
