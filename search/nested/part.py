"""An outer part: an ordinary run, whose hold-out is the people of the part."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from data_pipeline.system.seeds import child_seed
from search.nested.budget import Share
from search.pipeline.run_study import RunRequest
from search.run_folder import RunFolder
from search.study.study import Study, read_study
from search.study.toml_writer import value_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One outer part: its run and what identifies its data.

    ``request`` runs it as an ordinary study; ``of`` identifies labels and people.
    """

    number: int
    study: Study
    request: RunRequest
    folder: RunFolder
    subjects: int
    images: int
    of: tuple[str, ...]


def part_request(
    request: RunRequest, study: Study, number: int, share: Share
) -> RunRequest:
    """Makes the request for one outer part of a nested one.

    Its search has a seed of its own: with one seed all parts would try the same random
    configurations, and their choices would agree more than they should.
    """
    return replace(
        request,
        settings=(*request.settings, *_settings(study, number, share)),
        seed=child_seed(study.search.seed, "outer", number),
    )


def part_study(request: RunRequest) -> Study:
    """Reads the study of an outer part; ``StudyError`` where it is not valid."""
    return read_study(request.study, settings=request.settings, seed=request.seed)


def _settings(study: Study, number: int, share: Share) -> Iterator[str]:
    """Writes what differs from the nested study, as ``--set`` does."""
    yield f"split.outer_part={number}"
    yield f"split.folds={study.split.inner_folds}"
    yield "split.inner_folds="
    yield f"search.trials={share.trials}"
    if share.hours is not None:
        yield f"search.hours={value_text(share.hours)}"
    if share.finetune_best != study.search.finetune_best:
        yield f"search.finetune_best={share.finetune_best}"
