"""Tables of ``studies/README.md`` and ``models/README.md``, rendered from registries.

    python -m tests.factories.texts.study_reference

writes them into those files, between their markers.
"""

import dataclasses
import types
import typing
from pathlib import Path

from pydantic import WrapValidator

from data_pipeline.config.data_config import TARGETS
from data_pipeline.config.split_config import LEAVE_ONE_OUT
from data_pipeline.dataset.datasets import DATASETS
from data_pipeline.labels.labels import EMOTION_LEVELS, OWN_WORDS, VOTED
from data_pipeline.labels.votes import RULES
from data_pipeline.own_code.named_code import CODE
from models.config.hyperparameters import HYPERPARAMETERS
from models.pretrained.shelf import ROWS, Index
from search.costs.limits import COSTS
from search.study.algorithms import HUB, PRUNERS, SAMPLERS
from search.study.sections import AUTO, SECTIONS

README = Path(__file__).parents[3] / "studies" / "README.md"
MODELS_README = README.parents[1] / "models" / "README.md"
REGISTRIES = {
    "dataset": (*DATASETS, CODE),
    "targets": TARGETS,
    "emotions": (*EMOTION_LEVELS, VOTED, OWN_WORDS),
    "labels": RULES,
    "sampler": (*SAMPLERS, f"{HUB}NAME", CODE),
    "pruner": (*PRUNERS, CODE),
    **dict.fromkeys(COSTS, ("<= NUMBER",)),
}
BOUNDS = (("ge", "at least"), ("gt", "above"), ("le", "at most"), ("lt", "below"))


def hyperparameters():
    """Renders a row for each key of ``[fixed]`` and ``[space]``."""
    yield "| key | values | default | new graph | meaning |"
    yield "|---|---|---|---|---|"
    for key, row in HYPERPARAMETERS.items():
        if row.choices:
            values = _choices([*row.choices, *([CODE] if row.own else [])])
        elif row.kind is str:
            values = "text"
        else:
            values = f"{row.low:g} to {row.high:g}"
        graph = "yes" if row.new_graph else ""
        yield f"| `{key}` | {values} | `{row.default}` | {graph} | {row.doc} |"


def sections():
    """Renders a row for each key of the other sections."""
    yield "| key | values | default |"
    yield "|---|---|---|"
    for section, kind in SECTIONS.items():
        hints = typing.get_type_hints(kind, include_extras=True)
        for field in dataclasses.fields(kind):
            names = REGISTRIES.get(field.name)
            values = _choices(names) if names else _values(hints[field.name])
            if _has_auto(hints[field.name]):
                values = f"`{AUTO}` or {values}"
            if field.name == "targets":
                values = f"list of {values}"
            if field.name == "outer_folds":
                values = f"whole number, at least 2, or `{LEAVE_ONE_OUT}`"
            if field.name == "emotions":
                values = f"{values}, or list of text"
            default = _default(field, hints)
            yield f"| `[{section}] {field.name}` | {values} | {default} |"


def _choices(names):
    """Lists names as code."""
    return ", ".join(f"`{name}`" for name in names)


def _has_auto(hint):
    """Whether a key may be left to the machine."""
    extras = typing.get_args(hint)[1:]
    return any(isinstance(extra, WrapValidator) for extra in extras)


def _default(field, hints):
    """Returns the default of a key."""
    value = AUTO if _has_auto(hints[field.name]) else field.default
    if hasattr(value, "default_factory"):
        value = value.default if value.default_factory is None else None
    missing = value is dataclasses.MISSING or "Undefined" in repr(value)
    if missing and field.default_factory is dataclasses.MISSING:
        return "required"
    if missing or value in (None, ()):
        return "none"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _values(hint):
    """Describes the values that a type and its bounds allow."""
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Annotated:
        allowed = [_values(parts[0])]
        for extra in parts[1:]:
            for bound in getattr(extra, "metadata", ()):
                allowed += [
                    f"{words} {getattr(bound, name)}"
                    for name, words in BOUNDS
                    if getattr(bound, name, None) is not None
                ]
            return ", ".join(allowed)
    if origin is typing.Literal:
        return _choices(parts)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(_values(part) for part in parts if part is not type(None))
    if origin is tuple:
        return f"list of {_values(parts[0])}"
    if origin is dict:
        return "table"
    return {int: "whole number", float: "number", bool: "`true`, `false`"}.get(
        hint, "table" if typing.get_origin(hint) is dict else "text"
    )


PAGES_OF_PACKAGES = {
    Index.PYPI: "https://pypi.org/project/{}/",
    Index.NPM: "https://www.npmjs.com/package/{}",
}


def shelf():
    """Renders a row for each file of weights on the shelf."""
    yield "| name | backbone | trained on | sees | package | licence | file, SHA-256 |"
    yield "|---|---|---|---|---|---|---|"
    for row in ROWS.values():
        page = PAGES_OF_PACKAGES[row.index].format(row.package)
        package = f"[{row.package}]({page})"
        files = "<br>".join(
            f"`{Path(file.member).name}` `{file.sha256}`" for file in row.files
        )
        yield (
            f"| `{row.name}` | `{row.backbone}` | {row.training_data} | {row.pixels} "
            f"| {package} {row.version} | {row.licence} | {files} |"
        )


PAGES = {
    README: {"hyperparameters": hyperparameters, "sections": sections},
    MODELS_README: {"shelf": shelf},
}


def written(page):
    """Returns a page with each table between its markers."""
    text = page.read_text("utf-8")
    for name, render in PAGES[page].items():
        begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
        head, _, rest = text.partition(begin)
        tail = rest.partition(end)[2]
        text = "\n".join((head + begin, "", *render(), "", end + tail))
    return text


if __name__ == "__main__":
    for page in PAGES:
        page.write_text(written(page), "utf-8")
