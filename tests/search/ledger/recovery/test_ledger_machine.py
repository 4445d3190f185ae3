"""The ledger as a state machine: whatever happens, nothing is lost or counted twice."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from search.trial.messages import WorkerDied
from tests.factories.ledger import (
    begin,
    complete,
    crash,
    fail,
    finish,
    prune,
    report,
    small,
)

VALUES = st.integers(1, 4).map(lambda tenths: tenths / 10)


class LedgerMachine(RuleBasedStateMachine):
    """Starts, reports, ends and crashes trials, and compares with a simple model."""

    storage: str

    def __init__(self):
        """Begins a run of four trials."""
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.budget = 4
        self.running = {}
        self.reported = {}
        self.ended = {}
        self.values = {}
        self.waiting = []
        self.ordinals = {}
        self.died = set()
        self.begin()

    def begin(self):
        """Opens the ledger, new or begun before."""
        study = small(
            ("trials = 4", f"trials = {self.budget}"),
            ('pruner = "none"', 'pruner = "successive_halving"'),
        )
        self.ledger = begin(Path(self.folder.name), study, storage=self.storage)

    def done(self):
        """Counts the trials that count."""
        return sum(state != "INTERRUPTED" for state in self.ended.values())

    def any_running(self, data):
        """Picks a running trial."""
        return data.draw(st.sampled_from(sorted(self.running)))

    def end(self, number, state):
        """Records how a trial ended."""
        assert number not in self.ended
        self.ended[number] = state
        del self.running[number]

    @rule()
    def ask(self):
        """A trial is proposed while the budget lasts; interrupted ones come first."""
        request = self.ledger.ask()
        if self.done() + len(self.running) >= self.budget:
            assert request is None
            return
        assert request.number not in self.running | self.ended
        ordinal = max(self.ordinals.values(), default=-1) + 1
        if self.waiting:
            values, ordinal = self.waiting.pop(0)
            assert request.values == values
        self.ordinals[request.number] = ordinal
        self.running[request.number] = request.values
        self.reported[request.number] = {}

    @precondition(lambda self: self.running)
    @rule(data=st.data(), value=VALUES)
    def report(self, data, value):
        """A report is kept; a trial that the pruner gives up is pruned."""
        number = self.any_running(data)
        step = len(self.reported[number]) + 1
        if step > 3:
            return
        self.reported[number][step] = value
        if self.ledger.report(number, report(step, value, last=step == 3)):
            self.ledger.tell(number, prune())
            self.end(number, "PRUNED")

    @precondition(lambda self: self.running)
    @rule(data=st.data(), value=VALUES)
    def complete(self, data, value):
        """A trial is trained to its end."""
        number = self.any_running(data)
        self.ledger.tell(number, complete(value))
        self.values[number] = value
        self.end(number, "COMPLETE")

    @precondition(lambda self: self.running)
    @rule(
        data=st.data(),
        reason=st.sampled_from(["pruner", "diverged", "constraint"]),
    )
    def prune(self, data, reason):
        """A trial is stopped."""
        number = self.any_running(data)
        self.ledger.tell(number, prune(reason))
        self.end(number, "PRUNED")

    @precondition(lambda self: self.running)
    @rule(data=st.data())
    def fail(self, data):
        """A trial breaks."""
        number = self.any_running(data)
        self.ledger.tell(number, fail())
        self.end(number, "FAIL")

    @precondition(lambda self: self.running)
    @rule(data=st.data())
    def die(self, data):
        """A worker dies: its trial waits to run again, or fails at the second death."""
        number = self.any_running(data)
        values = self.running[number]
        again = str(values) not in self.died
        self.ledger.tell(number, WorkerDied(reason="the worker died"))
        self.end(number, "INTERRUPTED" if again else "FAIL")
        if again:
            self.died.add(str(values))
            self.waiting.append((values, self.ordinals[number]))

    @rule(more=st.integers(0, 2), stopped=st.booleans())
    def restart(self, more, stopped):
        """The driver is killed or stopped, and begins again, perhaps to do more."""
        if stopped:
            self.ledger.close()
        crash(self.ledger)
        for number in sorted(self.running):
            self.waiting.append((self.running[number], self.ordinals[number]))
            self.end(number, "INTERRUPTED")
        self.budget += more
        self.begin()

    @invariant()
    def states(self):
        """Each trial is in the one state it came to, with every report it made."""
        records = {record.number: record for record in self.ledger.records()}
        assert records.keys() == self.running.keys() | self.ended.keys()
        for number, record in records.items():
            state = self.ended.get(number, "RUNNING")
            assert record.interrupted == (state == "INTERRUPTED")
            assert record.state == {"INTERRUPTED": "FAIL"}.get(state, state)
            assert record.curve == self.reported[number]

    @invariant()
    def counts(self):
        """The counts are those of the model, interrupted trials in none."""
        counts = self.ledger.counts()
        states = list(self.ended.values())
        assert counts.completed == states.count("COMPLETE")
        assert counts.pruned == states.count("PRUNED")
        assert counts.failed == states.count("FAIL")
        assert (counts.done, counts.running) == (self.done(), len(self.running))
        assert counts.done + counts.running <= counts.budget == self.budget
        assert self.ledger.exhausted() == (counts.done == self.budget)

    @invariant()
    def best(self):
        """The best is the highest completed trial; in a tie the first of them.

        A trial that runs again takes the place of the lost one.
        """
        best = self.ledger.best()
        if not self.values:
            assert best is None
            return
        highest = max(self.values.values())
        tied = [n for n, value in self.values.items() if value == highest]
        first = min(tied, key=self.ordinals.__getitem__)
        assert (best.number, best.value) == (first, highest)

    def teardown(self):
        """In the end the budget is spent to the trial, and nothing is left running."""
        for number in list(self.running):
            self.complete_now(number)
        finish(self.ledger)
        assert self.ledger.counts().done == self.budget
        assert self.ledger.exhausted()
        states = {record.state for record in self.ledger.records()}
        assert states <= {"COMPLETE", "PRUNED", "FAIL"}
        crash(self.ledger)
        self.folder.cleanup()

    def complete_now(self, number):
        """Ends a trial that still runs."""
        self.ledger.tell(number, complete(0.1))
        self.end(number, "COMPLETE")


@pytest.mark.parametrize(("storage", "examples"), [("sqlite", 8), ("journal", 40)])
def test_ledger(storage, examples):
    """Any order of starts, reports, ends and crashes keeps states and budget exact."""
    machine = type("Machine", (LedgerMachine,), {"storage": storage})
    run_state_machine_as_test(
        machine,
        settings=settings(max_examples=examples, stateful_step_count=15, deadline=None),
    )
