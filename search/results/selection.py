"""The search: its trials and space, the choice among them, the tested configuration."""

from collections.abc import Iterator, Mapping

from data_pipeline.pages.wording import counted
from data_pipeline.system.errors import WeightsError
from models.config.hyperparameters import STANDARD, Value
from models.pretrained.shelf import SHELF, find_row
from search.costs.limits import COSTS
from search.references.catalogue import cites
from search.references.used import of_parameter, of_value
from search.reports.review_report import describe_tested
from search.results.choice import choice
from search.results.markdown import bullets, cell, heading, table
from search.results.words import Report
from search.study.finetuning import STAGE
from search.study.objective import value_names
from search.study.study import Study
from search.study.toml_writer import value_text

SEARCHED = "searched"
PLANNED = "set by finetune_best"
"""Origin of a stage that the search plans: the sampler proposes heads alone."""

WITH_HORIZON = ("cosine", "cosine_warmup")
"""Schedules whose curve depends on how many epochs a trial may train."""

ALWAYS = (
    "training.optimizer",
    "training.schedule",
    "training.epochs",
    "training.patience",
    "training.batch_size",
)
"""Hyperparameters that a reader asks for, also where the study leaves the default."""


def selection(
    study: Study, values: Mapping[str, Value], report: Report, selected: Report
) -> Iterator[str]:
    """Describes among what, how, and by which value a configuration was chosen."""
    yield from _search(study, report)
    yield from _front(report)
    yield from heading("Tested configuration")
    yield from bullets(tested_model(report))
    yield from bullets(epochs_line(report, values))
    yield f"- Loss: {_losses(study, values)}"
    yield from bullets(choice(report, selected))
    yield ""
    yield from configuration(study, values)


def _search(study: Study, report: Report) -> Iterator[str]:
    counts = report["search"]
    ended = f"; {counts['ended']}" if counts.get("ended") else ""
    yield from heading("Search")
    yield (
        f"- Trials: {counts['trials']}; completed {counts['completed']}, pruned "
        f"{counts['pruned']}, failed {counts['failed']}{ended}"
    )
    yield from bullets(finetuning_lines(study, counts))
    yield from bullets(pruning_lines(study, counts))
    yield from bullets(compute_lines(counts))
    yield from bullets(search_lines(study, folds=study.split.folds))
    yield from bullets(_costs(study, report))
    yield ""
    yield from space_table(study)


def search_lines(study: Study, *, folds: int) -> Iterator[str]:
    """Describes what a trial trains, who proposes it, and by what it is judged."""
    search, group = study.search, study.worst_group
    where = "one training part" if folds == 1 else f"each of {folds} folds"
    yield (
        f"A trial trains at most {counted(study.stride, 'epoch')} on {where}; a pruned "
        "one fewer, and it is not shown to be worse"
    )
    yield (
        f"Sampler {search.sampler}{cites(f'sampler:{search.sampler}')}, pruner "
        f"{search.pruner}{cites(f'pruner:{search.pruner}')}, seed {search.seed}"
    )
    (value,) = value_names(study.objective, ())
    lowest = f", of the {group} group that has the lowest" if group else ""
    yield f"Value of a trial, maximized: {value}{lowest}"


def finetuning_lines(study: Study, counts: Report) -> Iterator[str]:
    """Says which trials were sampled, and which repeat others with the whole network.

    Reports of older versions do not name them.
    """
    found = counts.get("finetuned")
    if not found:
        if study.search.finetune_best:
            yield (
                "The sampler proposes trials with a frozen backbone; at most "
                f"{study.search.finetune_best} of the best are then trained again with "
                "the whole network"
            )
        return
    others = "sampled or enqueued" if counts.get("enqueued") else "sampled"
    frozen = "those sampled" if counts.get("enqueued") else "all"
    pruned = ", ".join(str(row["of"]) for row in found if not row["of_completed"])
    best = "one" if len(found) == 1 else str(len(found))
    verb = "was" if len(found) == 1 else "were"
    yield (
        f"{counts['trials'] - len(found)} trials were {others}, {frozen} with a frozen "
        f"backbone. The best {best}{'' if pruned else ' that completed'} "
        f"({', '.join(str(row['of']) for row in found)}) {verb} then trained again "
        f"with the whole network ({', '.join(str(row['trial']) for row in found)})"
        + (f". Pruned before: {pruned}" if pruned else "")
    )


def pruning_lines(
    study: Study, counts: Report, *, folds: int | None = None
) -> Iterator[str]:
    """Says by what trials were pruned and when, where the report has it.

    ``folds`` are those of a trial, by default the study's.
    """
    found = counts.get("pruned_after")
    if not found:
        return
    stopped = sum(row["trials"] for row in found)
    early = sum(row["trials"] for row in found if row["step"] <= study.stride)
    share = f"; {100 * early / stopped:.0f} % of them within the first fold"
    steps = ", ".join(
        f"{row['trials']} after {_epoch_of(row['step'], study.stride)}" for row in found
    )
    yield (
        "The pruner is told the objective on the validation rows of the fold in "
        f"training, after each epoch. It stopped {counted(stopped, 'trial')}: {steps}"
        f"{share if (folds or study.split.folds) > 1 else ''}"
    )


def _epoch_of(step: int, stride: int) -> str:
    """Names the epoch and the fold of a step."""
    return f"epoch {(step - 1) % stride + 1} of fold {(step - 1) // stride + 1}"


def compute_lines(counts: Report) -> Iterator[str]:
    """Says how much the trials trained, where the report has it."""
    if counts.get("epochs"):
        yield (
            f"The trials trained {counts['epochs']} epochs, over all folds; trials.csv "
            "has the seconds of each"
        )


def space_table(study: Study) -> Iterator[str]:
    """Renders the searched keys and their values."""
    rows = [
        (p.key + cites(*of_parameter(p)), f"`{value_text(p.entry())}`{note}")
        for p in study.space.parameters
        for note in [f", {PLANNED}" if _is_planned(study, p.key) else ""]
    ]
    yield from table(("searched", "values"), rows)


def _costs(study: Study, report: Report) -> Iterator[str]:
    """Says what models may cost, and how many trials are on the front."""
    limits = study.constraints.limits()
    if limits:
        texts = (f"{name} at most {most:g}" for name, most in limits.items())
        yield f"Models are limited before their training: {', '.join(texts)}"
    if study.goals:
        front = (report.get("selection") or {}).get("front", ())
        costs = [goal for goal in study.goals if goal in COSTS]
        yield (
            f"Objectives: {', '.join(name for name, _ in study.objective)}, maximized"
            + (f"; {', '.join(costs)}, minimized" if costs else "")
            + f". No other trial dominates {len(front)} of "
            f"{report['search']['completed']}; the tested one was chosen among them by "
            f'"{(report.get("selection") or {}).get("choose", study.final.choose)}"'
        )


def _front(report: Report) -> Iterator[str]:
    """Renders the trials that no other dominates, of a study with objectives."""
    rows = (report.get("selection") or {}).get("front")
    if not rows:
        return
    names = [name for name in rows[0] if name != "chosen"]
    yield from heading("Front of several objectives (validation)")
    yield from table(
        (*names, ""),
        [
            (*(f"{row[name]:.6g}" for name in names), "tested" if row["chosen"] else "")
            for row in rows
        ],
    )


def tested_model(report: Report) -> Iterator[str]:
    """Describes the tested model: size, training, seeds, and what it started from."""
    model, seeds = report["tested"], report.get("seeds")
    yield (
        f"Trial {report['trial']}, retrained on all development images for "
        f"{counted(model['epochs'], 'epoch')}, without early stopping; "
        f"{model['parameters']:,} weights in the tested model"
    )
    yield from _seeds(report)
    if seeds:
        yield (
            f"Retrained with {len(seeds['trained'])} seeds; {describe_tested(seeds)}, "
            "as decided before the hold-out was opened"
        )
    start = report.get("start")
    if start and model.get("trained_on"):
        names = model["trained_on"]
        known = ", ".join(name + cites(f"data:{name}") for name in names)
        work = cites(f"backbone.weights={start['weights']}")
        yield (
            f"Initial weights {start['weights']}{work}{_source(start['weights'])}, "
            f"trained on {known}"
        )


def _source(weights: str) -> str:
    """Says which package the shelf takes weights from, where it still has them."""
    if not weights.startswith(SHELF):
        return ""
    try:
        row = find_row(weights)
    except WeightsError:
        return ""
    return f", of the package {row.package} {row.version} ({row.index}, {row.licence})"


def _seeds(report: Report) -> Iterator[str]:
    """Names the seeds of the training and of the intervals, where the report does."""
    trained = report["tested"].get("training_seeds")
    if not trained:
        return
    several = len(trained) > 1
    drawn = report["intervals"].get("seed")
    yield (
        f"Training {'seeds' if several else 'seed'} {', '.join(map(str, trained))}"
        + (f"; resampling seed {drawn}" if drawn is not None else "")
        + (
            ""
            if several
            else ". One training run: variation between seeds is not in the intervals"
        )
    )


def epochs_line(report: Report, values: Mapping[str, Value]) -> Iterator[str]:
    """Says how the epochs of the retraining were chosen, where the report does."""
    model, planned = report["tested"], values["training.epochs"]
    if "epochs_rule" not in model:
        return
    kind = values["training.schedule"]
    curve = f"; the {kind} schedule is that of {counted(int(planned), 'epoch')}"
    yield (
        f"Epochs: {model['epochs']} of at most {planned}, up to "
        f"{model['epochs_rule']}. The retraining repeats the learning rates of the "
        "trial, epoch by epoch" + (curve if kind in WITH_HORIZON else "")
    )


def _losses(study: Study, values: Mapping[str, Value]) -> str:
    """Describes what is minimized: a term for each target, and penalties."""
    found = [_loss(study, target, values) for target in study.data.targets]
    norms = [name for name in ("l1", "l2") if values[f"regularization.{name}"]]
    found += [f"the {name} penalty of the kernels" for name in norms]
    return f"{' + '.join(found)}; a missing label adds nothing"


def _loss(study: Study, target: str, values: Mapping[str, Value]) -> str:
    """Describes the term of one target, with its weight."""
    own = values.get(f"loss.{target}", STANDARD)
    if own != STANDARD:
        text = f"{own} of {target}"
    elif target == "emotion" and study.data.labels == "multi_target":
        text = "cross-entropy of the most probable voted emotion"
    elif target in ("emotion", "action_units"):
        kind = "binary cross-entropy" if target == "action_units" else "cross-entropy"
        focal = "focal " if float(values["loss.focal_gamma"]) > 0 else ""
        text = f"{focal}{kind} of {target}"
    elif target == "action_unit_intensities":
        text = f"{values['loss.intensity']} loss of intensities"
    else:
        share = float(values["loss.ccc_share"])
        text = f"({share:g} x (1 - CCC) + {1 - share:g} x squared error) of {target}"
    weight = values.get(WEIGHTS.get(target, ""))
    return text if weight is None else f"{cell(weight)} x {text}"


WEIGHTS = {
    "action_units": "loss.au_weight",
    "action_unit_intensities": "loss.au_intensity_weight",
    "valence_arousal": "loss.valence_arousal_weight",
}
"""The hyperparameter that weighs the loss of each target; of emotions it is 1."""


def _is_planned(study: Study, key: str) -> bool:
    """Whether a searched key is set by the search's plan, and not by its sampler."""
    return key == STAGE and study.search.finetune_best > 0


def configuration(study: Study, values: Mapping[str, Value]) -> Iterator[str]:
    """Renders the hyperparameters that the study names, and those asked for."""
    yield from table(("hyperparameter", "value", ""), setting_rows(study, values))
    yield ""
    yield (
        "best.toml has every other hyperparameter; units and meanings are in "
        "studies/README.md."
    )


def setting_rows(
    study: Study, values: Mapping[str, Value]
) -> Iterator[tuple[str, str, str]]:
    """Renders what a study searches and fixes, and defaults that a reader asks for.

    These are ``ALWAYS`` and methods with works to cite.
    """
    searched = {parameter.key for parameter in study.space.parameters}
    fixed = dict(study.space.fixed)
    for key, value in values.items():
        works = cites(*of_value(key, value))
        origin = SEARCHED if key in searched else "fixed" if key in fixed else ""
        origin = PLANNED if _is_planned(study, key) else origin
        if origin or works or key in ALWAYS:
            yield key + works, cell(value), origin or "default"
