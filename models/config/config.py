"""A model's configuration: what its graph depends on, and numbers fed to the graph."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from models.config.augmentation_presets import resolve, spelled
from models.config.hyperparameters import (
    DECAYED,
    HYPERPARAMETERS,
    OWN,
    PRECISIONS,
    Value,
)
from models.config.schedules import Schedule


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphConfig:
    """Everything that a compiled graph is made for; equal ones share a graph.

    ``blocks`` and ``filters`` are ``None`` for backbones without them. ``channels`` is
    1 (grey) or 3 (RGB). ``emotions``, ``action_units`` and ``dimensions`` are the
    outputs' labels, empty where a study has no such target. ``resize_to`` is the side
    that the backbone sees, if less than ``image_size``. ``multi_target`` accepts any of
    a row's emotions. ``weight_averaging`` keeps a running average of the weights,
    ``sharpness_aware`` takes sharpness-aware steps, ``precision`` is what layers use.
    ``trained_blocks`` counts the backbone's last blocks that are trained (``None``:
    all); ``freeze_batch_norm`` freezes its batch normalisation.
    """

    backbone: str
    blocks: int | None
    filters: int | None
    weights: str
    image_size: int
    channels: int
    dense_units: int
    optimizer: str
    emotions: tuple[str, ...]
    action_units: tuple[str, ...]
    multi_target: bool = False
    dimensions: tuple[str, ...] = ()
    normalization: str = OWN
    weight_averaging: bool = False
    sharpness_aware: bool = False
    resize_to: int | None = None
    precision: str = PRECISIONS[0]
    trained_blocks: int | None = None
    freeze_batch_norm: bool = False

    @property
    def input_size(self) -> int:
        """The side of what the backbone sees, in pixels."""
        return self.resize_to or self.image_size


@dataclass(frozen=True, slots=True, kw_only=True)
class RuntimeHyperparameters:
    """Numbers fed to a graph that exists; each is a variable of model or optimizer.

    ``augmentation`` is in the order and units of
    ``models.config.augmentation_presets.AMOUNTS``.
    """

    learning_rate: float
    weight_decay: float
    momentum: float
    nesterov: float
    clip_norm: float
    ema: float
    sam_rho: float
    dropout: float
    l1: float
    l2: float
    au_weight: float
    valence_arousal_weight: float
    ccc_share: float
    label_smoothing: float
    focal_gamma: float
    augmentation: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelConfig:
    """One configuration: its graph, its runtime numbers, and how its epochs are fed.

    ``epochs`` is the horizon of the schedule, also where training stops earlier;
    ``patience`` the epochs that a fold waits for a better one, 0 for ever.
    """

    graph: GraphConfig
    runtime: RuntimeHyperparameters
    epochs: int
    schedule: Schedule
    patience: int
    batch_size: int
    balance: str
    balance_beta: float
    mixup: float

    def graph_at(self, epoch: int) -> GraphConfig:
        """Returns the GraphConfig that an epoch, from 1, is trained in.

        In the first ``schedule.frozen_epochs`` the head alone is trained.
        """
        if epoch > self.schedule.frozen_epochs:
            return self.graph
        return replace(self.graph, trained_blocks=0, freeze_batch_norm=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSpec:
    """What the data decide about a model: its input and the labels of its outputs.

    ``multi_target`` says that any of a row's emotions is right. ``models`` pairs each
    ``backbone.weights`` that names an earlier study with the file of its model.
    """

    image_size: int
    channels: int
    emotions: tuple[str, ...]
    action_units: tuple[str, ...]
    multi_target: bool = False
    dimensions: tuple[str, ...] = ()
    models: tuple[tuple[str, str], ...] = ()


def complete(values: Mapping[str, Value]) -> dict[str, Value]:
    """Spells a configuration out: every key, a preset's numbers among them.

    Args:
        values: keys of ``HYPERPARAMETERS`` to values, some of them.

    Returns:
        The same configuration, which new defaults or presets do not change.
    """
    filled = {key: values.get(key, row.default) for key, row in HYPERPARAMETERS.items()}
    return filled | spelled(values)


def model_config(values: Mapping[str, Value], data_spec: DataSpec) -> ModelConfig:
    """Builds the configuration that a mapping of checked keys describes.

    Args:
        values: keys of ``HYPERPARAMETERS`` to values; a missing key takes its default.
        data_spec: the input and output labels that the data decide.

    Returns:
        The configuration, with keys that its backbone or optimizer does not have
        brought to one value, so that equal graphs have equal GraphConfigs.
    """

    def of(key: str) -> Value:
        return values.get(key, HYPERPARAMETERS[key].default)

    weights = str(of("backbone.weights"))
    staged = of("backbone.name") == "residual_cnn"
    optimizer = str(of("training.optimizer"))
    graph = GraphConfig(
        backbone=str(of("backbone.name")),
        blocks=int(of("backbone.blocks")) if staged else None,
        filters=int(of("backbone.filters")) if staged else None,
        weights=dict(data_spec.models).get(weights, weights),
        image_size=data_spec.image_size,
        channels=data_spec.channels,
        dense_units=int(of("head.dense_units")),
        optimizer=optimizer,
        emotions=data_spec.emotions,
        action_units=data_spec.action_units,
        multi_target=data_spec.multi_target,
        dimensions=data_spec.dimensions,
        normalization=str(of("backbone.normalization")),
        weight_averaging=float(of("training.ema")) > 0,
        sharpness_aware=float(of("training.sam_rho")) > 0,
        resize_to=_resize_to(int(of("backbone.image_size")), data_spec.image_size),
        precision=str(of("training.precision")),
        trained_blocks=int(of("finetune.blocks")) or None,
        freeze_batch_norm=of("finetune.batch_norm") == "frozen",
    )
    runtime = RuntimeHyperparameters(
        learning_rate=float(of("training.learning_rate")),
        weight_decay=float(of("training.weight_decay"))
        if optimizer in DECAYED
        else 0.0,
        momentum=_where(optimizer == "sgd", of("training.momentum")),
        nesterov=_where(optimizer == "sgd", of("training.nesterov") == "yes"),
        clip_norm=float(of("training.clip_norm")),
        ema=float(of("training.ema")),
        sam_rho=float(of("training.sam_rho")),
        dropout=float(of("head.dropout")),
        l1=float(of("regularization.l1")),
        l2=float(of("regularization.l2")),
        au_weight=float(of("loss.au_weight")),
        valence_arousal_weight=float(of("loss.valence_arousal_weight")),
        ccc_share=float(of("loss.ccc_share")),
        label_smoothing=float(of("loss.label_smoothing")),
        focal_gamma=float(of("loss.focal_gamma")),
        augmentation=resolve(values).amounts(),
    )
    return ModelConfig(
        graph=graph,
        runtime=runtime,
        epochs=int(of("training.epochs")),
        schedule=_schedule(of),
        patience=int(of("training.patience")),
        batch_size=int(of("training.batch_size")),
        balance=str(of("balance")),
        balance_beta=float(of("balance.beta")),
        mixup=float(of("augmentation.mixup")),
    )


def _schedule(of: Callable[[str], Value]) -> Schedule:
    """Builds the schedule that the keys of a configuration describe."""
    first = float(of("training.learning_rate"))
    frozen = int(of("finetune.frozen_epochs"))
    second = float(of("finetune.learning_rate")) if frozen else 0.0
    return Schedule(
        kind=str(of("training.schedule")),
        initial=second or first,
        frozen_epochs=frozen,
        frozen_rate=first,
        epochs=int(of("training.epochs")),
        warmup_epochs=int(of("training.warmup_epochs")),
        step_epochs=int(of("training.step_epochs")),
        step_factor=float(of("training.step_factor")),
        plateau_patience=int(of("training.plateau_patience")),
        plateau_factor=float(of("training.plateau_factor")),
    )


def _resize_to(wanted: int, given: int) -> int | None:
    """Returns the side that the backbone sees, if it is smaller than the picture's."""
    return wanted if 0 < wanted < given else None


def _where(used: bool, value: Value) -> float:
    """Brings a number that nothing uses to 0."""
    return float(value) if used else 0.0
