"""Studies from Python: each call does what a command does.

    from search.api import Study

    study = Study.read("ckplus").with_settings({"search.trials": 20})
    run = study.run(data="data/ckplus")
    run.trials()   # a row for each trial
    run.holdout()  # the report of the one test

All errors are those of ``data_pipeline.system.errors``, with the message that the
command prints.
"""

from search.api.faces import draw, ferplus
from search.api.model_file import explain, live, predict
from search.api.shelf import get_weights, list_weights, weights_folder
from search.api.study import Study, clean_cache, compare, draft, train
from search.api.study_run import StudyRun
from search.reports.holdout_html import HoldoutReport

__all__ = [
    "HoldoutReport",
    "Study",
    "StudyRun",
    "clean_cache",
    "compare",
    "draft",
    "draw",
    "explain",
    "ferplus",
    "get_weights",
    "list_weights",
    "live",
    "predict",
    "train",
    "weights_folder",
]
