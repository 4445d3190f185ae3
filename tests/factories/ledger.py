"""Ledgers for the tests of search: a small study, its storages, and outcomes."""

import tomllib

import optuna

from search.ledger.ledger import open_ledger
from search.storage.open_storage import open_storage
from search.study.study import check_study
from search.trial.messages import Completed, Failed, Pruned, Report, Spent

SMALL = """
[data]
dataset = "synthetic"
targets = ["emotion"]
image_size = 16
[split]
folds = 1
[objective]
"emotion.macro_f1" = 1.0
[search]
trials = 4
seed = 7
sampler = "random"
pruner = "none"
[fixed]
"training.epochs" = 3
[space]
"training.optimizer" = ["adam", "adamw"]
"training.learning_rate" = { low = 1e-5, high = 1e-2, log = true }
"training.weight_decay" = { low = 1e-6, high = 1e-2, when = { "training.optimizer" = ["adamw"] } }
"""  # noqa: E501 - an inline table takes one line

GRID_SPACE = """[space]
"training.optimizer" = ["adam", "adamw"]
"training.weight_decay" = { choices = [0.1, 0.2], when = { "training.optimizer" = ["adamw"] } }
"""  # noqa: E501 - an inline table takes one line
GRID = SMALL.partition("[space]")[0].replace('"random"', '"grid"') + GRID_SPACE

STORAGES = ("sqlite", "journal")
DATA = {"data.labels": "abc", "data.pixels": "def"}


def small(*changes, text=SMALL):
    """Checks the small study after replacements of text."""
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return check_study(tomllib.loads(text), name="small", place="small.toml")


def begin(  # noqa: PLR0913 - what a test does not name is as usual
    folder,
    study=None,
    *,
    storage="sqlite",
    url=None,
    data=None,
    callbacks=(),
    name="small",
):
    """Opens the ledger of a run, new or begun before."""
    urls = {
        "sqlite": f"sqlite:///{folder / 'optuna.db'}",
        "journal": str(folder / "journal.log"),
    }
    return open_ledger(
        small() if study is None else study,
        url=url or urls[storage],
        name=name,
        data=DATA if data is None else data,
        callbacks=callbacks,
    )


def stored(folder):
    """Opens a run's study as any program does that has Optuna."""
    journal = folder / "journal.log"
    if journal.exists():
        return optuna.load_study(study_name="small", storage=open_storage(str(journal)))
    url = f"sqlite:///{folder / 'optuna.db'}"
    return optuna.load_study(study_name="small", storage=url)


def crash(ledger):
    """Drops a ledger without closing it, as a killed driver does."""
    ledger.__dict__.clear()


def complete(value, *, epochs=3, predictions=None):
    """Makes the outcome of a trial that was trained to its end."""
    return Completed(
        value=value,
        epoch=2,
        curve=(value,) * epochs,
        scores={"emotion.macro_f1": value},
        thresholds={},
        spent=Spent(epochs=epochs, trained=1.5),
        predictions=predictions,
    )


def prune(reason="pruner"):
    """Makes the outcome of a trial that was stopped."""
    return Pruned(reason=reason, spent=Spent(epochs=1))


def fail(reason="ValueError: no"):
    """Makes the outcome of a trial that broke."""
    return Failed(reason=reason)


def report(step, value, *, last=False):
    """Makes the report of one epoch of the only fold."""
    return Report(
        step=step, fold=0, epoch=step, value=value, last=last, spent=Spent(epochs=step)
    )


def finish(ledger, value=0.5):
    """Runs every trial that is left; returns their numbers."""
    numbers = []
    while (request := ledger.ask()) is not None:
        ledger.tell(request.number, complete(value))
        numbers.append(request.number)
    return numbers


def inside(ledger):
    """Reaches the Optuna study of a ledger."""
    return ledger._trials  # noqa: SLF001 - what a dashboard would show


def many(trials, **others):
    """Makes the change of the small study to another number of trials."""
    return small(("trials = 4", f"trials = {trials}"), **others)
