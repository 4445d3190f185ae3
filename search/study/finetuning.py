"""Checks what a study says of training on features, and of fine-tuning after it."""

from collections.abc import Iterator
from dataclasses import replace

from models.config.augmentation_presets import changes_images, resolve
from models.config.hyperparameters import (
    DEVELOPMENT,
    FEATURES,
    FULL,
    HYPERPARAMETERS,
    OWN,
    Value,
)
from search.study.sections import Search
from search.study.space import Choices, Parameter, SearchSpace, grid_values

STAGE, COPIES = "finetune.stage", "finetune.copies"
AUGMENTATION, MIXUP = "augmentation.", "augmentation.mixup"
OF_FULL = (
    "finetune.frozen_epochs",
    "finetune.learning_rate",
    "finetune.blocks",
    "finetune.batch_norm",
)
"""Keys without effect on a head that is trained on features."""

ONLY_FULL = f'give it a when = {{ "{STAGE}" = ["{FULL}"] }}'


def finetuning_problems(search: Search, space: SearchSpace) -> Iterator[str]:
    """Yields a message for each key that does not go with the stages of a space."""
    stages = space.ends(STAGE, FULL)
    # An exported configuration, without a space, names every key.
    is_search = bool(space.parameters)
    if FEATURES in stages:
        yield from _feature_problems(space)
        yield from _copy_problems(space) if is_search else ()
    elif is_search and COPIES in space.changed_keys():
        yield (
            f'"{COPIES}": copies are of images whose features are kept; set '
            f'"{STAGE}" = "{FEATURES}", or remove the key'
        )
    if is_search and FULL not in stages:
        for key in sorted(space.changed_keys().intersection(OF_FULL)):
            yield (
                f'"{key}": has no effect at stage "{FEATURES}", which trains the head '
                f'alone; remove the key, or search "{STAGE}" = ["{FEATURES}", "{FULL}"]'
            )
    if search.finetune_best:
        yield from _best_problems(search, space)


def _feature_problems(space: SearchSpace) -> Iterator[str]:
    """Refuses what would change pixels, or their scale, from fold to fold."""
    if DEVELOPMENT in values_at_features(space, "backbone.normalization"):
        yield (
            f'"backbone.normalization": "{DEVELOPMENT}" scales pixels by the training '
            f'rows of each fold, and at stage "{FEATURES}" features are computed once '
            f'for all folds; use "{OWN}", or {ONLY_FULL}'
        )
    highest = max(map(float, values_at_features(space, MIXUP)))
    if highest > 0:
        yield (
            f'"{MIXUP}": mixes pixels, and stage "{FEATURES}" trains on features, '
            f"found up to {highest:g}; use 0, or {ONLY_FULL}"
        )


def _copy_problems(space: SearchSpace) -> Iterator[str]:
    """Refuses copies that are all equal, or that are others for every trial."""
    copies = max(int(copies) for copies in values_at_features(space, COPIES))
    named = {key for key in space.changed_keys() if key.startswith(AUGMENTATION)} - {
        MIXUP
    }
    if copies and not _changes_copies(space, named):
        yield (
            f'"{COPIES}": nothing changes the copies, found {copies}; name an '
            '"augmentation.preset" other than "none", with a strength and a '
            "probability above 0, or use 0"
        )
    if not copies and named and FULL not in space.ends(STAGE, FULL):
        yield (
            f'"{min(named)}": has no effect at stage "{FEATURES}" without augmented '
            f'copies; set "{COPIES}", or remove the key'
        )
    for parameter in space.parameters if copies else ():
        key, domain = parameter.key, parameter.domain
        if key in named and not grid_values(domain) and _is_active(space, parameter):
            yield (
                f'"{key}": copies are computed anew for every value, and this range '
                f'has no end of them; use choices or a step at stage "{FEATURES}", or '
                f"{ONLY_FULL}"
            )


def _changes_copies(space: SearchSpace, named: set[str]) -> bool:
    """Whether some configuration with copies augments them at all."""
    return any(
        changes_images(resolve(values))
        for values in _combinations(space, {STAGE, COPIES, *named})
        if values.get(STAGE, FULL) == FEATURES and values.get(COPIES, 0)
    )


def _best_problems(search: Search, space: SearchSpace) -> Iterator[str]:
    stage = next((each for each in space.parameters if each.key == STAGE), None)
    both = stage is not None and not stage.when
    both = both and {FULL, FEATURES}.issubset(space.ends(STAGE, FULL))
    if not both:
        yield (
            f"[search] finetune_best: {search.finetune_best} head trials are to be "
            f"fine-tuned, so both stages are needed; put "
            f'"{STAGE}" = ["{FEATURES}", "{FULL}"] into [space]'
        )
    if search.stop_after is not None:
        yield (
            "[search] stop_after: may end a search before the best heads are "
            "fine-tuned; remove it, or finetune_best"
        )
    if search.finetune_best >= search.trials:
        yield (
            f"[search] finetune_best: must be less than search.trials, which counts "
            f"fine-tuned trials too, found {search.finetune_best} of {search.trials}"
        )


def values_at_features(space: SearchSpace, key: str) -> list[Value]:
    """Lists the values of a key where the head is trained on features.

    Of a range they are its ends; the default is among them where the key is inactive.
    """
    default = HYPERPARAMETERS[key].default
    return [
        values.get(key, default)
        for values in _combinations(space, {key, STAGE})
        if values.get(STAGE, FULL) == FEATURES
    ]


def _is_active(space: SearchSpace, parameter: Parameter) -> bool:
    """Whether a searched key is active where the head is trained on features."""
    return any(
        parameter.active(values)
        for values in _combinations(space, {parameter.key, STAGE})
        if values.get(STAGE, FULL) == FEATURES
    )


def _combinations(space: SearchSpace, keys: set[str]) -> Iterator[dict[str, Value]]:
    """Yields the values of keys, and of those that their conditions name."""
    wanted = set(keys)
    for parameter in reversed(space.parameters):  # children come after parents
        if parameter.key in wanted:
            wanted |= {key for key, _ in parameter.when}
    kept = tuple(
        replace(each, domain=Choices(values=_ends(space, each.key)))
        for each in space.parameters
        if each.key in wanted
    )
    reduced = SearchSpace(parameters=kept, fixed=space.fixed)
    for chosen in reduced.parameter_sets():
        yield {**dict(space.fixed), **chosen}


def _ends(space: SearchSpace, key: str) -> tuple[Value, ...]:
    (parameter,) = (each for each in space.parameters if each.key == key)
    alone = SearchSpace(parameters=(replace(parameter, when=()),))
    return alone.ends(key, HYPERPARAMETERS[key].default)
