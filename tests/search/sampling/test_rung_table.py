"""What is kept of trials equals what all of them say, whatever happens in between."""

import optuna
from hypothesis import given
from hypothesis import strategies as st
from optuna.trial import TrialState

from search.sampling.rung_table import CompletedTable, RungTable
from search.sampling.trial_table import TrialTable
from tests.strategies.pruners import LAWS, STEPS, begin, walk

ENDS = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)
EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["ask", "report", "report", "report", "end", "look"]),
        st.integers(0, 5),
        st.integers(0, 4),
    ),
    max_size=60,
)


def happen(study, events):
    """Lets trials start, report and end; yields wherever somebody looks."""
    running = []
    for kind, which, level in events:
        if kind == "ask":
            running.append(study.ask())
        elif kind == "look":
            yield
        elif running:
            trial = running[which % len(running)]
            done = len(
                study.get_trials(deepcopy=False)[trial.number].intermediate_values
            )
            if kind == "report" and done < len(walk()):
                trial.report(level / 4, walk()[done])
            elif kind == "end":
                running.remove(trial)
                state = ENDS[level % 3]
                value = level / 4 if state == TrialState.COMPLETE else None
                study.tell(trial, value, state=state)
    yield


@LAWS
@given(EVENTS)
def test_rungs(events):
    """A running trial's standing at a rung is that among all that did not fail."""
    study, table = begin(None), RungTable(STEPS, lambda trial: trial.number % 2)
    for _ in happen(study, events):
        trials = study.get_trials(deepcopy=False)
        table.update(trials)
        running = [trial for trial in trials if trial.state == TrialState.RUNNING]
        for trial in running:
            for rung in range(len(STEPS.rungs)):
                assert table.standing(trial, rung) == counted(trials, trial, rung)


def counted(trials, trial, rung):
    """Counts the trials of the same group above one at a rung, and all others."""
    own = STEPS.value_at_rung(trial, rung)
    if own is None:
        return None
    others = [
        STEPS.value_at_rung(other, rung)
        for other in trials
        if other.number != trial.number
        and other.number % 2 == trial.number % 2
        and other.state != TrialState.FAIL
    ]
    values = [value for value in others if value is not None]
    return sum(value > own for value in values), len(values)


@LAWS
@given(EVENTS)
def test_completed(events):
    """The best of the completed trials, and their values at any share, are known."""
    study, table = begin(None), CompletedTable(STEPS)
    for _ in happen(study, events):
        trials = study.get_trials(deepcopy=False)
        table.update(trials)
        done = [trial for trial in trials if trial.state == TrialState.COMPLETE]
        best = max(done, key=lambda one: (one.value, -one.number), default=None)
        assert (table.best and table.best.number) == (best and best.number)
        for share in STEPS.rungs:
            values = [STEPS.value_at(trial, share) for trial in done]
            known = sorted(value for value in values if value is not None)
            assert table.values(share) == known


class Numbers(TrialTable):
    """Keeps the numbers of all trials, and how often it looked at one."""

    def __init__(self):
        """Begins with nothing."""
        super().__init__()
        self.clear()
        self.looks = 0

    def clear(self):
        """Forgets all trials."""
        self.numbers = set()

    def add(self, trial):
        """Keeps the number."""
        self.numbers.add(trial.number)
        self.looks += 1


def ended(number):
    """Makes a trial that has ended."""
    trial = optuna.create_trial(state=TrialState.PRUNED)
    trial.number = number
    return trial


def test_ended_trials_are_looked_at_once():
    """However many trials have ended, a new one costs one look."""
    table, trials = Numbers(), [*map(ended, range(50))]
    table.update(trials)
    assert table.looks == 50
    table.update([*trials, ended(50)])
    assert table.looks == 51


@given(st.integers(0, 9), st.sets(st.integers(0, 9)), st.integers(0, 3))
def test_trials_that_disappear(before, gone, more):
    """What is kept of trials that are not there any more is forgotten."""
    table, left = Numbers(), set(range(before + more)) - gone
    table.update([*map(ended, range(before))])
    table.update([*map(ended, sorted(left))])
    assert table.numbers == left
