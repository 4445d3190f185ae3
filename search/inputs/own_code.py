"""The own code of a study: checked before the first label is read, and hashed."""

from collections.abc import Iterator

from data_pipeline.dataset.datasets import OWN_READER, is_own_reader
from data_pipeline.own_code.named_code import Kind, code_path, digest, unusable
from data_pipeline.readers.own.code import check_importable
from data_pipeline.system.errors import StudyError
from models.backend import prepare_process
from models.config.backbone_catalogue import OWN_BACKBONE
from models.config.backbone_sizes import backbone_sizes, is_own_size
from models.config.hyperparameters import OWN_LOSSES
from models.metrics.own.metric import OWN_METRIC
from search.inputs.initial_weights import own_backbones, own_losses
from search.study.algorithms import (
    OWN_PRUNER,
    OWN_SAMPLER,
    PRUNERS,
    SAMPLERS,
    is_hub_name,
)
from search.study.space import Choices, SearchSpace
from search.study.study import Study


def check_own_code(study: Study) -> None:
    """Imports the own code of a study, but for samplers and pruners, and checks it.

    Raises:
        StudyError: it cannot be imported, or no backbone has a size that is named.
        ConformanceError: a metric breaks a law of its kind.
    """
    from models.conformance import check_metric  # noqa: PLC0415 - rarely needed

    names = own_backbones(study.space)
    if names:
        # They import Keras, with the threads that a trial has.
        prepare_process(cpus=study.resources.cpus_per_trial)
        _check_sizes(study.space, names)
    maximized = dict(study.objective)
    for metric in study.own_metrics:
        target, _, name = metric.partition(".")
        check_metric(target, name, maximized=metric in maximized)
    check_importable(study.data.dataset, study.place)


def own_code(study: Study) -> Iterator[tuple[Kind, str]]:
    """Yields the own code that a study names."""
    for name in own_backbones(study.space):
        yield OWN_BACKBONE, name
    for head, name in own_losses(study.space):
        yield OWN_LOSSES[head], name
    for metric in study.own_metrics:
        yield OWN_METRIC, metric.partition(".")[2]
    if is_own_reader(study.data.dataset):
        yield OWN_READER, study.data.dataset
    sampler, pruner = study.search.sampler, study.search.pruner
    if sampler not in SAMPLERS and not is_hub_name(sampler):
        yield OWN_SAMPLER, sampler
    if pruner not in PRUNERS:
        yield OWN_PRUNER, pruner


def code_identity(study: Study) -> dict[str, str]:
    """Maps each piece of own code to the digest of its file."""
    return {f"code.{name}": digest(kind, name) for kind, name in own_code(study)}


def code_modules(study: Study) -> list[str]:
    """Lists the modules of own code."""
    return [code_path(kind, name).partition(":")[0] for kind, name in own_code(study)]


def _check_sizes(space: SearchSpace, names: list[str]) -> None:
    """Refuses a size that no own backbone has, or of another type."""
    sizes = {name: backbone_sizes(name) for name in names}
    for key, value in _own_sizes(space):
        kinds = {type(own[key]) for own in sizes.values() if key in own}
        if not kinds:
            having = {one for own in sizes.values() for one in own}
            raise StudyError(
                f'"{key}": no backbone of this study has such a size; '
                f"{', '.join(names)} has {', '.join(sorted(having)) or 'none'}"
            )
        if type(value) not in kinds and not (type(value) is int and float in kinds):
            (name,) = [one for one, own in sizes.items() if key in own][:1]
            raise unusable(
                OWN_BACKBONE,
                name,
                f"its default of {key} is {sizes[name][key]!r}, found {value!r}",
            )


def _own_sizes(space: SearchSpace) -> Iterator[tuple[str, object]]:
    """Yields each size of own backbones in a space, with one of its values."""
    for key, value in space.fixed:
        if is_own_size(key):
            yield key, value
    for parameter in space.parameters:
        if is_own_size(parameter.key):
            domain = parameter.domain
            values = domain.values if isinstance(domain, Choices) else (domain.low,)
            yield parameter.key, values[0]
