"""How much each searched key matters, by all trials and not only completed ones.

Few trials complete, often of one backbone alone: among them the backbone cannot matter.
So trials are compared at the last epoch that all of them reached.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import optuna
from optuna.importance import FanovaImportanceEvaluator, get_param_importances

from search.ledger.own_trials import quiet
from search.ledger.records import TrialRecord
from search.study.study import Study

FEWEST = 10
"""Trials of which importance is computed; of fewer it is noise."""

MOST = 300
"""Trials of which it is computed, the last ones: the time grows with them."""

TREES, SEED = 32, 0
IMPORTANCE = "importance"
"""Names the method among those that have works to cite."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Importance:
    """The share of each key, which add up to 1, largest first.

    ``numbers`` are those of the compared trials, at ``epoch`` of ``fold``, both from 1;
    both are 0 where completed trials were compared by their values.
    """

    shares: Mapping[str, float]
    numbers: frozenset[int]
    fold: int = 0
    epoch: int = 0


def importance(study: Study, records: Sequence[TrialRecord]) -> Importance | None:
    """Computes the importance of each searched key; ``None`` of too few trials."""
    step, values = _compared(records)
    if len(values) < FEWEST or len(set(values.values())) == 1:
        return None
    evaluator = FanovaImportanceEvaluator(n_trees=TREES, seed=SEED)
    with quiet():
        trials = _study_of(study, records, values)
        found = get_param_importances(trials, evaluator=evaluator)
    fold, epoch = divmod(step - 1, study.stride) if step else (-1, -1)
    return Importance(
        shares=found,
        numbers=frozenset(values),
        fold=fold + 1,
        epoch=epoch + 1,
    )


def _compared(records: Sequence[TrialRecord]) -> tuple[int, dict[int, float]]:
    """Returns the last step that all trials reached, and their values there.

    Step 0 stands for the end of completed trials, where none reported a value.
    """
    reached = [record for record in records if record.curve and was_trained(record)]
    common = set.intersection(*(set(r.curve) for r in reached)) if reached else set()
    if not common:
        done = {r.number: r.value for r in records if r.value is not None}
        return 0, dict(list(done.items())[-MOST:])
    step = max(common)
    return step, {record.number: record.curve[step] for record in reached[-MOST:]}


def was_trained(record: TrialRecord) -> bool:
    """Whether a trial completed, or was stopped for its values alone."""
    return record.value is not None or record.reason == "pruner"


def _study_of(
    study: Study, records: Sequence[TrialRecord], values: Mapping[int, float]
) -> optuna.Study:
    """Makes a study in memory of the values; every trial has every key.

    A key whose condition does not hold has the first value of its domain.
    """
    found = optuna.create_study(
        direction="maximize", sampler=optuna.samplers.RandomSampler(seed=SEED)
    )
    space = study.space
    filled = {p.key: space.ends(p.key, 0)[0] for p in space.parameters}
    always = replace(
        space, parameters=tuple(replace(p, when=()) for p in space.parameters)
    )
    for record in records:
        if record.number in values:
            config = record.values
            found.enqueue_trial({**filled, **space.params(config)})
            trial = found.ask()
            always.suggest(trial)  # type: ignore[arg-type]
            found.tell(trial, values[record.number])
    return found
