"""Several seeds of the winner: which are trained, and the model that is made of them.

Each lies in a folder of its own, ``seeds/seed-1`` and so on, with its sidecar. The
run's model is chosen by ``final.model``, before the hold-out is opened and from
training alone.
"""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from data_pipeline.system.seeds import child_seed
from search.final.calibration import calibration_of
from search.final.kept_model import (
    SEEDS,
    KeptModel,
    intact_model,
    is_of_run,
    seed_folder,
)
from search.final.sidecar import MODEL, PARTIAL, SIDECAR, place_signed
from search.inputs.run import Run
from search.ledger.records import TrialRecord
from search.trial.messages import CALIBRATION

ENSEMBLE, MEDIAN = "ensemble", "median"
LOSS, SEED = "loss", "seed"


def retraining_seed(run: Run, number: int | None) -> int:
    """Returns the seed of a retraining; the first of several is that of a single one.

    Example:
        >>> from types import SimpleNamespace as Given
        >>> run = Given(study=Given(search=Given(seed=7)))
        >>> retraining_seed(run, 1) == retraining_seed(run, None)
        True
    """
    more = () if number in (None, 1) else (number,)
    return child_seed(run.study.search.seed, "retrain", *more)


def run_of_seed(run: Run, number: int) -> Run:
    """Returns the run with the folder of one seed, which is made."""
    folder = seed_folder(run.folder, number)
    folder.make()
    return replace(run, folder=folder)


def missing_seeds(run: Run, best: TrialRecord) -> Iterator[int]:
    """Yields the seeds to train; any other model in their folders is moved away."""
    for number in range(1, run.study.final.seeds + 1):
        if _kept_seed(run, best, number) is not None:
            continue
        folder = seed_folder(run.folder, number)
        if any(folder.file(name).exists() for name in (MODEL, SIDECAR)):
            folder.archive((MODEL, SIDECAR))
        yield number


def is_planned(run: Run, best: TrialRecord, sidecar: Mapping[str, Any]) -> bool:
    """Whether the study wants the winner's model calibrated and made as it is."""
    final, made = run.study.final, sidecar.get(SEEDS, {})
    seeds = [row[SEED] for row in made.get("trained", ())]
    planned = final.model, list(range(1, final.seeds + 1))
    is_made = (made.get("model"), seeds) == planned if final.seeds > 1 else not made
    return is_made and _is_calibrated(run, best, sidecar)


def _is_calibrated(run: Run, best: TrialRecord, sidecar: Mapping[str, Any]) -> bool:
    """Whether a model has the calibration of its trial, or none, as the study says."""
    fit = calibration_of(run.study, best)
    return bool(sidecar.get(CALIBRATION) == (None if fit is None else fit.entry()))


def adopt_first_seed(run: Run, best: TrialRecord, kept: KeptModel) -> None:
    """Makes the model of a single seed the first of several, if it is one.

    Models of older versions lack their training loss.
    """
    single = SEEDS not in kept.sidecar and LOSS in kept.sidecar
    same = single and _is_calibrated(run, best, kept.sidecar)
    if run.study.final.seeds == 1 or not same:
        return
    folder = run_of_seed(run, 1).folder
    if folder.file(MODEL).exists():
        return
    run.folder.file(SIDECAR).unlink()
    run.folder.file(MODEL).replace(folder.file(PARTIAL))
    sidecar = {key: value for key, value in kept.sidecar.items() if key != "sha256"}
    place_signed(folder, sidecar | {SEED: 1})


def make_model(run: Run, best: TrialRecord) -> None:
    """Makes the run's model of its seeds, all of which are trained.

    The ensemble is one Keras model whose outputs are the means of theirs.
    """
    numbers = range(1, run.study.final.seeds + 1)
    kept = [_kept_seed(run, best, number) for number in numbers]
    seeds = [model for model in kept if model is not None]
    rule, to = run.study.final.model, run.folder.file(PARTIAL)
    files = [seed_folder(run.folder, m.sidecar[SEED]).file(MODEL) for m in seeds]
    made: dict[str, Any] = {"model": rule}
    if rule == ENSEMBLE:
        # Loads Keras.
        from models.inference.ensemble import export_ensemble  # noqa: PLC0415

        export_ensemble(files, to, cpus=run.study.resources.cpus_per_trial)
        parameters = sum(model.sidecar["parameters"] for model in seeds)
    else:
        place = median_place([model.sidecar[LOSS] for model in seeds])
        shutil.copyfile(files[place], to)
        parameters, made["seed"] = seeds[place].sidecar["parameters"], place + 1
    made["trained"] = [
        {SEED: m.sidecar[SEED], LOSS: m.sidecar[LOSS], "sha256": m.digest}
        for m in seeds
    ]
    first = {
        k: v for k, v in seeds[0].sidecar.items() if k not in (SEED, LOSS, "sha256")
    }
    place_signed(run.folder, first | {"parameters": parameters, SEEDS: made})


def median_place(losses: Sequence[float]) -> int:
    """Returns the place of the median; of an even number the lower one of the middle.

    Example:
        >>> median_place([0.9, 0.1, 0.5]), median_place([0.4, 0.3])
        (2, 1)
    """
    order = sorted(range(len(losses)), key=lambda place: (losses[place], place))
    return order[(len(order) - 1) // 2]


def _kept_seed(run: Run, best: TrialRecord, number: int) -> KeptModel | None:
    """Finds the model of a seed; ``None`` where it is missing or another trial's."""
    model = intact_model(seed_folder(run.folder, number))
    if model is None or not is_of_run(model.sidecar, run) or LOSS not in model.sidecar:
        return None
    own = (model.sidecar["trial"], model.sidecar.get(SEED)) == (best.number, number)
    return model if own and _is_calibrated(run, best, model.sidecar) else None
