"""Names of the methods that a run used, by which works are found.

The names: ``KEY=VALUE`` of a hyperparameter with names for values, and ``KEY`` of one
whose number is above 0, both searched and tested; ``sampler:``, ``pruner:``,
``data:``, ``crop:``, ``target:``, ``package:`` and ``metric:`` with a name; and those
of ``_evaluation``.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from models.config.augmentation_presets import AMOUNTS, PRESETS
from models.config.hyperparameters import HYPERPARAMETERS, Value
from search.study.space import Choices, Parameter
from search.study.study import Study

Report = Mapping[str, Any]

SYNTHETIC_LAYOUT = "ckplus"
"""Synthetic faces have the layout and labels of CK+ by default."""


def dataset_of(study: Study) -> str:
    """Names the data set of a study, of synthetic faces the one they look like."""
    name = study.data.dataset
    return SYNTHETIC_LAYOUT if name == "synthetic" else name


def used_methods(
    study: Study, tested: Sequence[Mapping[str, Value]], report: Report
) -> frozenset[str]:
    """Names what a study's search and test used.

    ``tested`` are complete configurations; ``report`` is the content of
    ``holdout.json`` or ``nested.json``.
    """
    pairs = [pair for config in tested for pair in config.items()]
    return frozenset(
        [
            *(name for one in study.space.parameters for name in of_parameter(one)),
            *(name for key, value in pairs for name in of_value(key, value)),
            *_of_study(study),
            *_evaluation(report),
        ]
    )


def of_parameter(parameter: Parameter) -> Iterator[str]:
    """Names what the choices of a searched key use, or the higher end of its range."""
    domain = parameter.domain
    values = domain.values if isinstance(domain, Choices) else (domain.high,)
    for value in values:
        yield from of_value(parameter.key, value)


def of_value(key: str, value: Value) -> Iterator[str]:
    """Names what a value of a hyperparameter uses."""
    if isinstance(value, str):
        yield f"{key}={value}"
        if key == "augmentation.preset" and value in PRESETS:
            amounts = PRESETS[value]
            yield from (f"augmentation.{n}" for n in AMOUNTS if getattr(amounts, n))
    elif key in HYPERPARAMETERS and value > 0:
        yield key


def _of_study(study: Study) -> Iterator[str]:
    """Names data, targets and the search's algorithms."""
    data, search = study.data, study.search
    yield f"data:{dataset_of(study)}"
    yield f"crop:{data.crop}"
    yield from (f"target:{target}" for target in data.targets)
    yield f"sampler:{search.sampler}"
    yield f"pruner:{search.pruner}"
    if study.goals:
        yield f"sampler:{search.sampler}, several objectives"
    if study.split.nested:
        yield from ("nested", "nested, from part to part")


def _evaluation(report: Report) -> Iterator[str]:
    """Names what a report computes, and the packages that it names."""
    yield "intervals"
    tested = report.get("tested", {})
    yield from (f"package:{name}" for name in tested.get("versions", ()))
    if report.get("start"):
        yield from (f"data:{name}" for name in tested.get("trained_on", ()))
    for part in report.values():
        if isinstance(part, Mapping):
            yield from (f"metric:{name}" for name in part.get("metrics", ()))
    if report.get("seeds"):
        yield "seeds"
    selection = report.get("selection") or {}
    if "corrected" in selection and selection["compared"] > 1:
        yield from ("selection:corrected", "selection:paired")
    for head, part in (report.get("calibration") or {}).items():
        if "before" in part:
            yield from (f"calibration:{head}", "calibration:errors")
