"""The search's budget, shared among the outer parts.

The budget is what the ordinary search would train: ``search.trials`` times ``folds``.
A trial of an outer part trains ``inner_folds`` times, so that with five parts, five
folds and one inner fold each part has as many trials as the ordinary search, and all
of them together train as often.
"""

from dataclasses import dataclass

from data_pipeline.system.errors import StudyError
from search.study.study import Study


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What one outer part may search."""

    trials: int
    hours: float | None
    finetune_best: int


def share_budget(study: Study, parts: int) -> list[Share]:
    """Shares the trials and hours of a study equally among its outer parts.

    The first parts have a trial more where the number does not divide.

    Raises:
        StudyError: there is less than one trial for each part.
    """
    search, inner = study.search, study.split.inner_folds
    trials = search.trials * study.split.folds // inner
    if trials < parts:
        raise StudyError(_too_few(study, parts))
    base, more = divmod(trials, parts)
    hours = None if search.hours is None else search.hours / parts
    counts = [base + (part < more) for part in range(parts)]
    return [
        Share(trials=count, hours=hours, finetune_best=_finetuned(study, count))
        for count in counts
    ]


def _finetuned(study: Study, trials: int) -> int:
    """Scales the trials that fine-tune: their share of the trials stays."""
    wanted = study.search.finetune_best
    scaled = round(wanted * trials / study.search.trials)
    return min(wanted, trials, max(1, scaled)) if wanted else 0


def _too_few(study: Study, parts: int) -> str:
    """Describes a budget that is less than a trial for each part, and the way out."""
    search, split = study.search, study.split
    outer = split.outer_folds if isinstance(split.outer_folds, int) else '"subjects"'
    needed = -(-parts * split.inner_folds // split.folds)
    trainings = search.trials * split.folds
    return (
        f"[split] outer_folds = {outer}: makes {parts} parts, each with a search of at "
        f"least one trial of inner_folds = {split.inner_folds}, but search.trials = "
        f"{search.trials} of folds = {split.folds} are {trainings} trainings for all "
        f"of them; set search.trials to {needed} or more, or use fewer parts"
    )
