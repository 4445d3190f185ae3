"""A model's configuration: what its graph depends on, and numbers fed to the graph."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from models.config.augmentation_presets import resolve, spell_out
from models.config.backbone_sizes import PREFIX, backbone_sizes
from models.config.hyperparameters import (
    AUTO,
    DECAYED,
    DEVELOPMENT,
    FULL,
    HYPERPARAMETERS,
    INTENSITY_LOSSES,
    OPTIMIZER_NAMES,
    POOLINGS,
    PRECISIONS,
    STANDARD,
    Value,
)
from models.config.schedules import Schedule

PRECISION = "training.precision"

ALL_BELOW_FROZEN = {"trained_blocks": None, "freeze_batch_norm": False}
"""Fields of a graph without a backbone, where no layer is left to freeze."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphConfig:
    """Everything that a compiled graph depends on; equal ones share a graph.

    ``sizes`` pairs the names of the backbone's sizes with their values. ``channels`` is
    1 (grey) or 3 (RGB). ``emotions``, ``action_units``, ``intensities`` (of action
    units) and ``dimensions`` are the outputs' labels, empty where a study has no such
    target. ``resize_to`` is the side that the backbone sees, if less than
    ``image_size``. ``multi_target`` accepts any of a row's emotions. ``emotion_loss``
    and so on name a head's own loss. ``dense_width`` is the widest dense layer (0:
    none), of which configurations use a part; with ``dense_optional`` some use none.
    ``weight_averaging`` can average weights, ``sharpness_aware`` can take
    sharpness-aware steps; both may be off. ``precision`` is what layers use.
    ``trained_blocks`` counts the backbone's last blocks that are trained (``None``:
    all); ``freeze_batch_norm`` freezes its batch normalisation. At ``stage``
    ``FEATURES`` the trained graph is the head alone, and its input is a vector of
    ``pooling``; ``FULL`` is the whole model.
    """

    backbone: str
    sizes: tuple[tuple[str, Value], ...]
    weights: str
    image_size: int
    channels: int
    dense_width: int
    emotions: tuple[str, ...]
    action_units: tuple[str, ...]
    multi_target: bool = False
    intensities: tuple[str, ...] = ()
    dimensions: tuple[str, ...] = ()
    emotion_loss: str = STANDARD
    action_units_loss: str = STANDARD
    action_unit_intensities_loss: str = STANDARD
    valence_arousal_loss: str = STANDARD
    dense_optional: bool = False
    standardized: bool = False
    weight_averaging: bool = False
    sharpness_aware: bool = False
    resize_to: int | None = None
    precision: str = PRECISIONS[0]
    trained_blocks: int | None = None
    freeze_batch_norm: bool = False
    stage: str = FULL
    pooling: str = POOLINGS[0]

    @property
    def input_size(self) -> int:
        """Side of the backbone's input, in pixels."""
        return self.resize_to or self.image_size


@dataclass(frozen=True, slots=True, kw_only=True)
class RuntimeHyperparameters:
    """Numbers fed to an existing graph; each is a variable of model or optimizer.

    ``dense_units`` is at most the graph's ``dense_width``, 0 for no dense layer;
    ``optimizer`` is its place in ``OPTIMIZER_NAMES``, ``intensity_loss`` its place in
    ``INTENSITY_LOSSES``; ``augmentation`` is in the order
    and units of ``models.config.augmentation_presets.AMOUNTS``.
    """

    dense_units: float
    optimizer: float
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
    au_intensity_weight: float
    intensity_loss: float
    valence_arousal_weight: float
    ccc_share: float
    label_smoothing: float
    focal_gamma: float
    augmentation: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelConfig:
    """One configuration: its graph, its runtime numbers, and how epochs are fed.

    ``epochs`` is the horizon of the schedule, also where training stops earlier;
    ``patience`` the epochs that a fold waits for an improvement, 0 for ever. ``copies``
    counts the augmented copies of an image whose features are trained on.
    """

    graph: GraphConfig
    runtime: RuntimeHyperparameters
    epochs: int
    schedule: Schedule
    patience: int
    normalization: str
    batch_size: int
    balance: str
    balance_beta: float
    mixup: float
    copies: int = 0

    @property
    def graphs(self) -> frozenset[GraphConfig]:
        """The graphs that it is trained in, that of frozen epochs among them."""
        return frozenset({self.graph, self.graph_at(1)})

    def graph_at(self, epoch: int) -> GraphConfig:
        """Returns the graph that an epoch, from 1, is trained in.

        The first ``schedule.frozen_epochs`` train the head alone.
        """
        if epoch > self.schedule.frozen_epochs:
            return self.graph
        return replace(self.graph, trained_blocks=0, freeze_batch_norm=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedGraph:
    """What a graph must allow so that all configurations of a space can share it.

    ``dense_width`` is the widest dense layer, ``dense_optional`` whether some have
    none; ``weight_averaging``, ``sharpness_aware`` and ``standardized`` whether any
    uses them. Pretrained weights fit one scale, and share no graph with another. By
    default a configuration's graph allows what that configuration needs.
    """

    dense_width: int = 0
    dense_optional: bool = False
    weight_averaging: bool = False
    sharpness_aware: bool = False
    standardized: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSpec:
    """What data and space decide about a model: its input, its outputs' labels.

    ``multi_target`` accepts any of a row's emotions. ``models`` pairs each
    ``backbone.weights`` that names an earlier study with the file of its model.
    ``shared`` is what the graphs of a search must allow.
    """

    image_size: int
    channels: int
    emotions: tuple[str, ...]
    action_units: tuple[str, ...]
    multi_target: bool = False
    intensities: tuple[str, ...] = ()
    dimensions: tuple[str, ...] = ()
    models: tuple[tuple[str, str], ...] = ()
    shared: SharedGraph = SharedGraph()


def complete(values: Mapping[str, Value]) -> dict[str, Value]:
    """Adds every missing key with its default, a preset's numbers among them.

    Args:
        values: keys of ``HYPERPARAMETERS`` to values, some of them.

    Returns:
        The same configuration; later changes of defaults or presets do not affect it.
    """
    filled = {key: values.get(key, row.default) for key, row in HYPERPARAMETERS.items()}
    filled |= _sizes(values)
    return filled | spell_out(values) | {PRECISION: _precision(values)}


def with_precision(values: Mapping[str, Value], precision: str) -> dict[str, Value]:
    """Sets the precision that a run has decided, if the values leave it open.

    Args:
        values: keys of ``HYPERPARAMETERS`` to values, some of them.
        precision: one of ``PRECISIONS``.

    Returns:
        The values, unchanged where the precision is the default, float32.

    Example:
        >>> with_precision({"training.precision": "float32"}, "mixed_bfloat16")
        {'training.precision': 'float32'}
        >>> with_precision({}, "mixed_bfloat16")
        {'training.precision': 'mixed_bfloat16'}
    """
    is_open = values.get(PRECISION, AUTO) == AUTO and precision != PRECISIONS[0]
    return {**values, PRECISION: precision} if is_open else dict(values)


def _precision(values: Mapping[str, Value]) -> str:
    given = str(values.get(PRECISION, AUTO))
    return PRECISIONS[0] if given == AUTO else given


def model_config(values: Mapping[str, Value], data_spec: DataSpec) -> ModelConfig:
    """Builds the configuration that a mapping of checked keys describes.

    Args:
        values: keys of ``HYPERPARAMETERS`` to values; missing keys take the default.
        data_spec: the input and output labels that the data decide.

    Returns:
        The configuration. Values that its backbone or optimizer does not use become
        one fixed value, so that equal graphs have equal ``GraphConfig``s.
    """
    fields = _fields("model", values)
    if is_full(values):
        fields["copies"] = 0
    return ModelConfig(
        graph=_graph(values, data_spec),
        runtime=_runtime(values),
        schedule=_schedule(values),
        **fields,
    )


def is_full(values: Mapping[str, Value]) -> bool:
    """Whether a configuration trains the whole model, not the head on features.

    Args:
        values: keys of ``HYPERPARAMETERS`` to values, some of them.
    """
    return bool(_fields("graph", values)["stage"] == FULL)


def _fields(part: str, values: Mapping[str, Value]) -> dict[str, Any]:
    """Returns the fields of one part that the rows of the table set."""
    return {
        row.field: row.kind(values.get(key, row.default))
        for key, row in HYPERPARAMETERS.items()
        if row.part == part
    }


def _sizes(values: Mapping[str, Value]) -> dict[str, Value]:
    """Returns the sizes of a configuration's backbone by their keys."""
    name = str(values.get("backbone.name", HYPERPARAMETERS["backbone.name"].default))
    return {
        key: type(default)(values.get(key, default))
        for key, default in backbone_sizes(name).items()
    }


def _graph(values: Mapping[str, Value], data_spec: DataSpec) -> GraphConfig:
    fields = _fields("graph", values)
    sizes = _sizes(values).items()
    smaller = 0 < fields["resize_to"] < data_spec.image_size
    weights = fields["weights"]
    return GraphConfig(
        **fields
        | {
            "weights": dict(data_spec.models).get(weights, weights),
            "precision": _precision(values),
            "resize_to": fields["resize_to"] if smaller else None,
            "trained_blocks": fields["trained_blocks"] or None,
            "freeze_batch_norm": fields["freeze_batch_norm"] == "frozen",
        }
        | ({} if is_full(values) else ALL_BELOW_FROZEN),
        **_allowed(values, data_spec.shared),
        sizes=tuple((key.removeprefix(PREFIX), size) for key, size in sizes),
        image_size=data_spec.image_size,
        channels=data_spec.channels,
        emotions=data_spec.emotions,
        action_units=data_spec.action_units,
        multi_target=data_spec.multi_target,
        intensities=data_spec.intensities,
        dimensions=data_spec.dimensions,
    )


def _allowed(values: Mapping[str, Value], shared: SharedGraph) -> dict[str, Any]:
    """Returns what a graph allows: what the configuration needs, and its space."""
    runtime = _fields("runtime", values)
    units = runtime["dense_units"]
    width = max(units, shared.dense_width)
    development = _fields("model", values)["normalization"] == DEVELOPMENT
    pretrained = _fields("graph", values)["weights"] != "none"
    return {
        "dense_width": width,
        "dense_optional": width > 0 and (shared.dense_optional or not units),
        "weight_averaging": shared.weight_averaging or runtime["ema"] > 0,
        "sharpness_aware": shared.sharpness_aware or runtime["sam_rho"] > 0,
        "standardized": is_full(values)
        and (development or (shared.standardized and not pretrained)),
    }


def _runtime(values: Mapping[str, Value]) -> RuntimeHyperparameters:
    fields = _fields("runtime", values)
    optimizer = fields["optimizer"]
    fields["optimizer"] = float(OPTIMIZER_NAMES.index(optimizer))
    fields["nesterov"] = float(fields["nesterov"] == "yes")
    loss = fields["intensity_loss"]
    fields["intensity_loss"] = float(INTENSITY_LOSSES.index(loss))
    if optimizer not in DECAYED:
        fields["weight_decay"] = 0.0
    if optimizer != "sgd":
        fields |= {"momentum": 0.0, "nesterov": 0.0}
    return RuntimeHyperparameters(**fields, augmentation=resolve(values).amounts())


def _schedule(values: Mapping[str, Value]) -> Schedule:
    fields = _fields("schedule", values)
    if not is_full(values):
        fields["frozen_epochs"] = 0
    first = _fields("runtime", values)["learning_rate"]
    second = fields["initial"] if fields["frozen_epochs"] else 0.0
    return Schedule(
        **fields | {"initial": second or first},
        frozen_rate=first,
        epochs=_fields("model", values)["epochs"],
    )
