"""Runs a study: once, or once in each outer part."""

from dataclasses import replace
from typing import TYPE_CHECKING

from data_pipeline.system.errors import HarnessError
from data_pipeline.system.keras_import import check_backend
from search.pipeline.run_study import RunRequest, run_study
from search.study.study import Study, read_study

if TYPE_CHECKING:  # loads pandas
    from search.nested.opening import Plan
    from search.nested.part import Part
    from search.run_folder import RunFolder


def run(request: RunRequest) -> "RunFolder":
    """Runs what is left of a study; returns the folder of the run.

    With ``[split] outer_folds`` it is nested: each outer part is held out from a
    search of its own, and the folder has theirs and a report over all people.

    Args:
        request: what is asked for.

    Raises:
        InputError: the study, the data or an option is wrong.
        RunError: a part failed; the same request resumes.
    """
    check_backend()
    study = read_study(request.study, settings=request.settings, seed=request.seed)
    return _run_nested(request, study) if study.split.nested else run_study(request)


def _run_nested(request: RunRequest, study: Study) -> "RunFolder":
    # Loads pandas, which --help and a wrong option need not wait for.
    from search.nested.opening import plan_parts  # noqa: PLC0415
    from search.pipeline.opening import output  # noqa: PLC0415

    with output(request) as bar:
        plan = plan_parts(request, study, bar)
    done = _finished(plan)
    again = request.reopen and len(done) == len(plan.parts)
    for part in plan.parts:
        if again or part.number not in done:
            _run_part(plan, part)
    # Loads SciPy, which the parts need in their workers only.
    from search.nested.report import report  # noqa: PLC0415

    with output(request) as bar:
        report(plan, request, bar)
    return plan.folder


def _finished(plan: "Plan") -> set[int]:
    from search.nested.finished import is_finished  # noqa: PLC0415 - loads Optuna

    return {part.number for part in plan.parts if is_finished(part)}


def _run_part(plan: "Plan", part: "Part") -> None:
    """Runs one part as an ordinary study."""
    from search.nested.finished import is_tested, keep_finished  # noqa: PLC0415
    from search.reports.nested_report import describe_start  # noqa: PLC0415

    count = len(plan.parts)
    heading = describe_start(
        part.number,
        count,
        subjects=part.subjects,
        images=part.images,
        trials=part.study.search.trials,
    )
    # A kill may come after the test: it was this part's opening already.
    reopen = part.request.reopen and not is_tested(part)
    try:
        run_study(replace(part.request, heading=heading, reopen=reopen))
    except HarnessError as error:
        place = f"outer part {part.number} of {count}"
        raise type(error)(f"{place}: {error}") from error.__cause__
    keep_finished(part)
