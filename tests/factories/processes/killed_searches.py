"""Searches that are killed at a write of their storage, and go on."""

from pathlib import Path

from optuna.storages import InMemoryStorage

import search.ledger.ledger
from data_pipeline.system.seeds import child_seed
from search.trial.messages import Pruned, Spent, WorkerDied
from tests.factories.ledger import SMALL, begin, complete, report, small

EPOCHS = 3

SPACE = """[space]
"training.learning_rate" = { low = 1e-5, high = 1e-2, log = true }
"training.batch_size" = { low = 8, high = 64, step = 8 }
"training.optimizer" = ["adam", "adamw"]
"training.weight_decay" = { low = 1e-6, high = 1e-2, when = { "training.optimizer" = ["adamw"] } }
"""  # noqa: E501 - an inline table takes one line

GRID_SPACE = """[space]
"training.optimizer" = ["adam", "adamw"]
"training.batch_size" = { low = 8, high = 32, step = 8 }
"""

KNOWN = """[[search.enqueue]]
name = "ours"
"training.optimizer" = "adam"
"training.learning_rate" = 1e-3
"training.batch_size" = 32
"""

WRITES = (
    "create_new_study",
    "set_study_user_attr",
    "set_study_system_attr",
    "create_new_trial",
    "set_trial_param",
    "set_trial_state_values",
    "set_trial_intermediate_value",
    "set_trial_user_attr",
    "set_trial_system_attr",
)


class Killed(BaseException):
    """Ends a process."""


class Mortal(InMemoryStorage):
    """A storage whose process is killed before one of its next writes."""

    def __init__(self):
        """Lives on until ``left`` is set."""
        super().__init__()
        self.left = None
        self.writes = 0

    def write(self):
        """Counts a write, or is killed before it."""
        if self.left == 0:
            self.left = None
            raise Killed
        if self.left is not None:
            self.left -= 1
        self.writes += 1


def _deadly(name):
    def method(self, *words, **named):
        self.write()
        return getattr(super(Mortal, self), name)(*words, **named)

    return method


for _name in WRITES:
    setattr(Mortal, _name, _deadly(_name))


def study_of(sampler, *, trials, pruner="none", enqueued=False):
    """Makes a small study of a sampler."""
    space = GRID_SPACE if sampler == "grid" else SPACE
    text = SMALL.partition("[space]")[0] + (KNOWN if enqueued else "") + space
    return small(
        ("trials = 4", f"trials = {trials}"),
        ('"random"', f'"{sampler}"'),
        ('pruner = "none"', f'pruner = "{pruner}"'),
        text=text,
    )


def curve_of(request):
    """A stand-in for training: it depends on configuration and seed only."""
    message = sorted((key, str(value)) for key, value in request.values.items())
    return [
        child_seed(request.seed, "epoch", epoch, repr(message)) / 2**31
        for epoch in range(1, EPOCHS + 1)
    ]


def train(ledger, request):
    """Runs a trial: one in seven diverges, others may be pruned."""
    curve = curve_of(request)
    if request.seed % 7 == 0:
        return Pruned(reason="diverged", spent=Spent(epochs=0))
    for epoch, value in enumerate(curve, start=1):
        message = report(epoch, value, last=epoch == EPOCHS)
        if ledger.report(request.number, message):
            return Pruned(reason="pruner", spent=Spent(epochs=epoch))
    return complete(max(curve))


def run(study, storage, monkeypatch, *, workers=1, deaths=frozenset()):
    """Runs a search to its end; the trials of some numbers lose their worker."""
    monkeypatch.setattr(search.ledger.ledger, "open_storage", lambda *_: storage)
    ledger = begin(Path(), study)
    storage.ledger = ledger
    running = []
    while True:
        while len(running) < workers and (request := ledger.ask()) is not None:
            running.append(request)
        if not running:
            return ledger
        request = running.pop(0)
        outcome = train(ledger, request)
        if request.number in deaths:
            outcome = WorkerDied(reason="the worker died")
        ledger.tell(request.number, outcome)


def killed(study, kills, monkeypatch, **how):
    """Runs a search that is killed before the n-th write of each start, to its end.

    Args:
        study: what to search.
        kills: for each kill its write, and whether the driver could still close.
        monkeypatch: of pytest.
        how: workers and deaths; see ``run``.
    """
    storage = Mortal()
    for left, closes in kills:
        storage.left = left
        storage.ledger = None
        try:
            run(study, storage, monkeypatch, **how)
        except Killed:
            if closes and storage.ledger is not None:
                storage.ledger.close()
        storage.left = None
    return run(study, storage, monkeypatch, **how)


def story(ledger):
    """Returns the outcome of a search, without the numbers that kills use up."""
    own = [record for record in ledger.records() if not record.interrupted]
    message = {
        record.ordinal: (
            record.state,
            record.value,
            record.reason,
            sorted(record.values.items()),
            dict(record.curve),
            record.enqueued,
            record.attributes["seed"],
        )
        for record in own
    }
    assert len(message) == len(own), "no ordinal twice"
    best = ledger.best()
    return message, best and best.ordinal, ledger.counts()


def most_writes(study, monkeypatch):
    """Counts the writes of a search without kills."""
    storage = Mortal()
    run(study, storage, monkeypatch)
    return storage.writes
