"""What a space has against its sampler, or against the data of its study."""

from collections.abc import Iterator

from data_pipeline.dataset.config import Data
from search.space import SearchSpace, grid_size, largest_grid, numeric_parameters

LARGEST_GRID = 100_000


def space_problems(space: SearchSpace, data: Data, sampler: str) -> Iterator[str]:
    """Says what cannot be searched so.

    Args:
        space: every key of it right.
        data: likewise.
        sampler: of the search.

    Yields:
        A message for each problem.
    """
    if sampler == "grid":
        yield from _grid_problems(space)
    if sampler == "cmaes" and space.parameters and not any(numeric_parameters(space)):
        names = ", ".join(parameter.key for parameter in space.parameters)
        yield (
            "[search] sampler: cmaes moves numbers in a range that have no condition, "
            f"and this space has none, found {names}; take sampler tpe"
        )
    mixup = space.highest("augmentation.mixup", 0.0)
    if data.labels == "multi_target" and float(mixup) > 0:
        yield (
            '"augmentation.mixup": mixes shares of labels, but [data] labels = '
            '"multi_target" is content with any label that has a share, found up to '
            f'{mixup}; say 0, or labels = "crossentropy"'
        )


def _grid_problems(space: SearchSpace) -> Iterator[str]:
    for parameter in space.parameters:
        if not grid_size(parameter.domain):
            yield (
                f'[space] "{parameter.key}": sampler grid needs choices or a step, '
                "found a continuous range"
            )
    if largest_grid(space) > LARGEST_GRID:
        yield (
            f"[space]: sampler grid takes at most {LARGEST_GRID} points, found up to "
            f"{largest_grid(space)}; narrow the space or take sampler tpe"
        )
