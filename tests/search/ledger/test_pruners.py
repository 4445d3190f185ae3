"""Laws of every pruner, and promises of single ones."""

import pytest
from hypothesis import given
from optuna.trial import TrialState

from search.ledger.pruners import FoldWilcoxonPruner, build_pruner
from search.sampling.rungs import Steps
from search.study.algorithms import PRUNERS
from tests.strategies.pruners import (
    LAWS,
    SEEDS,
    STEPS,
    add,
    begin,
    changed_elsewhere,
    crowd,
    curve,
    curves,
    ended,
    flat,
    run,
    verdict,
    walk,
)

COMPLETE, PRUNED, FAIL = TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL


class PrunerLaws:
    """What holds for every pruner; a subclass names one."""

    name: str

    @LAWS
    @given(curves(whole=True))
    def test_first_trial(self, reports):
        """The first trial has no competitor and is never pruned."""
        assert run(begin(build_pruner(self.name, STEPS)), reports) is None

    @LAWS
    @given(ended())
    def test_best_so_far(self, others):
        """A trial as good as the best at each step is never pruned."""
        study = begin(build_pruner(self.name, STEPS))
        for reports, state in others:
            add(study, reports, state=state)
        best = {
            step: max((reports.get(step, 0.0) for reports, _ in others), default=0.0)
            for step in walk()
        }
        assert run(study, best) is None

    def test_maximizes(self):
        """Higher is better: the best of ten continues, the worst is stopped."""
        for value, stopped in ((1.0, False), (0.0, self.name != "none")):
            study = begin(build_pruner(self.name, STEPS), name="law of maximizing")
            for tenths in range(1, 10):
                add(study, flat(tenths / 10))
            assert (run(study, flat(value)) is not None) == stopped

    @LAWS
    @given(ended(), curves(), SEEDS)
    def test_same_fold_and_epoch(self, others, reports, seed):
        """What others reported at other folds and epochs changes no verdict."""
        changed = changed_elsewhere(others, self.compared(max(reports)), seed)
        before = verdict(self.name, others, reports)
        assert verdict(self.name, changed, reports) == before

    @LAWS
    @given(ended(), curves())
    def test_failed_trials_do_not_compete(self, others, reports):
        """A failed trial's reports change no verdict."""
        failed = [(flat(1.0), FAIL), (flat(0.0), FAIL), (flat(0.3), FAIL)]
        # Behind the others and of other numbers: Hyperband's brackets go by number.
        study = begin(build_pruner(self.name, STEPS))
        for other, state in [*others, *failed]:
            add(study, other, state=state)
        beside = begin(build_pruner(self.name, STEPS))
        for other, state in [*others, *((({}), FAIL) for _ in failed)]:
            add(beside, other, state=state)
        assert run(study, reports) == run(beside, reports)

    @LAWS
    @given(crowd(8))
    def test_restart(self, trials):
        """A pruner has no state: a new one decides the same."""
        kept = begin(build_pruner(self.name, STEPS))
        fresh = begin(build_pruner(self.name, STEPS))
        for reports in trials:
            fresh.pruner = build_pruner(self.name, STEPS)
            assert run(kept, reports) == run(fresh, reports)

    def compared(self, step):
        """Lists the steps of others that a verdict at this step may look at."""
        return {step}


class TestNone(PrunerLaws):
    """No pruner."""

    name = "none"


class TestMedian(PrunerLaws):
    """The median of completed trials at the same step."""

    name = "median"

    @pytest.mark.parametrize(("count", "pruned"), [(4, False), (5, True)])
    def test_startup(self, count, pruned):
        """No trial is pruned before five trials are complete."""
        others = [(flat(0.5), COMPLETE)] * count
        assert verdict("median", others, {3: 0.4}) == pruned

    @pytest.mark.parametrize(("epoch", "pruned"), [(2, False), (3, True)])
    @pytest.mark.parametrize("fold", [0, 3])
    def test_grace(self, fold, epoch, pruned):
        """No trial is pruned in the first third of a fold."""
        others = [(flat(0.5), COMPLETE)] * 5
        step = fold * STEPS.stride + epoch
        assert verdict("median", others, {step: 0.4}) == pruned

    @pytest.mark.parametrize(("value", "pruned"), [(0.3, False), (0.29, True)])
    def test_median(self, value, pruned):
        """A trial below the median is pruned, one at the median is not."""
        others = [(flat(tenths / 10), COMPLETE) for tenths in range(1, 6)]
        assert verdict("median", others, {5: value}) == pruned


class TestWilcoxon(PrunerLaws):
    """Fold scores, paired with the best trial's."""

    name = "wilcoxon"

    def compared(self, step):
        """Looks at the folds that the trial has finished."""
        fold, _ = STEPS.place(step)
        return set(range(1, fold * STEPS.stride + 1))

    @pytest.mark.parametrize(
        ("folds", "pruned"),
        [
            ([0.4], False),  # one pair does not decide
            ([0.4, 0.4], True),  # p = 1/4, by hand: one of 2**2 signs
            ([0.4, 0.4, 0.4], True),  # p = 1/8
            ([0.4, 0.6], False),  # W+ = 1.5 of 3: p above 1/2
            ([0.49, 0.6], False),  # W+ = 2: p = 3/4
            ([0.4, 0.51, 0.3], True),  # W+ = 1: p = 2/8
            ([0.4, 0.52, 0.49], False),  # W+ = 2: p = 3/8
            ([0.4, 0.45, 0.6], False),  # the better fold ties the worse one's rank
            ([0.5, 0.5], False),  # as good
            ([0.5, 0.4], False),  # a tie and a loss: not sure enough
            ([0.6, 0.6, 0.6], False),  # better
        ],
    )
    def test_by_hand(self, folds, pruned):
        """Signed ranks of few folds give the p values of a hand count."""
        reports = curve([score for score in folds for _ in range(9)])
        reports[len(folds) * STEPS.stride + 1] = 0.0
        assert verdict("wilcoxon", [(flat(0.5), COMPLETE)], reports) == pruned

    def test_threshold(self):
        """The threshold lets two folds of two decide."""
        assert FoldWilcoxonPruner.P_THRESHOLD == 2**-2

    def test_whole_folds_only(self):
        """A slow starter is compared by finished folds, not by epochs of this fold."""
        others = [(flat(0.5), COMPLETE)]
        slow = [0.0] * 6 + [0.6] * 3
        study = begin(build_pruner("wilcoxon", STEPS))
        for reports, state in others:
            add(study, reports, state=state)
        assert run(study, curve(slow * 4)) is None


class TestDominated(PrunerLaws):
    """Three others that are better by more than chance gives."""

    name = "dominated"

    @pytest.mark.parametrize(
        ("values", "pruned"),
        [([0.9] * 3, True), ([0.9] * 2, False), ([0.519] * 9, False)],
    )
    def test_by_hand(self, values, pruned):
        """Of one objective too, three must be higher by more than the margin."""
        others = [(flat(value), COMPLETE) for value in values]
        assert verdict(self.name, others, {1: 0.5}) == pruned


class TestSuccessiveHalving(PrunerLaws):
    """The best third at each rung."""

    name = "successive_halving"

    def test_a_third_goes_on(self):
        """Of nine trials in a falling order the first three pass the first rung."""
        study = begin(build_pruner("successive_halving", STEPS))
        for tenths in range(8):
            add(study, {1: tenths / 10}, state=PRUNED)
        assert run(study, flat(0.55)) is None
        assert run(study, flat(0.45)) == 1

    @pytest.mark.parametrize(("step", "judged"), [*enumerate([1, 1, 0, 0, 0], 1)])
    def test_rungs_only(self, step, judged):
        """A trial is compared where a rung is reached, and nowhere else."""
        others = [(flat(0.9), COMPLETE)] * 5
        good = dict.fromkeys(range(1, step), 0.9)
        assert verdict(self.name, others, {**good, step: 0.1}) == judged

    @pytest.mark.parametrize(("value", "pruned"), [(0.4, True), (0.6, False)])
    def test_a_skipped_rung(self, value, pruned):
        """Where a fold stops before a rung, the next report is compared instead.

        The trial's value is that of its stopped fold's best epoch.
        """
        others = [(flat(0.5), COMPLETE)] * 5
        # The rung at step 7 lies in fold 0, which stops after six of nine epochs.
        reports = dict(enumerate([0.1, 0.1, value, value, value, 0.1], 1))
        assert not verdict(self.name, others, reports)
        assert verdict(self.name, others, {**reports, 10: 0.0}) == pruned


class TestHyperband(PrunerLaws):
    """Brackets of halvings that start at later rungs."""

    name = "hyperband"

    def test_prunes_before_a_trial_is_complete(self):
        """Brackets prune from the first trial on, before any is complete."""
        study = begin(build_pruner("hyperband", STEPS))
        for _ in range(12):
            trial = study.ask()
            for step in (1, 2, 3):
                trial.report(0.9, step)
        stopped = [run(study, flat(0.1)) for _ in range(12)]
        assert any(step is not None for step in stopped)

    def test_later_brackets_start_at_later_rungs(self):
        """Hopeless trials are stopped at each of the rungs, most at the first."""
        study = begin(build_pruner("hyperband", STEPS))
        for _ in range(60):
            add(study, flat(0.9))
        stopped = [run(study, flat(0.1)) for _ in range(60)]
        assert set(stopped) == {1, 2, 7, 21}
        assert stopped.count(1) > 20

    def test_a_retry_stays_in_its_bracket(self):
        """What counts is the ordinal, which a retry takes over, not the number."""
        stops = set()
        for others in range(20):
            study = begin(build_pruner("hyperband", STEPS))
            for ordinal in range(60):
                add(study, flat(0.9), ordinal=100 + ordinal)
            for _ in range(others):
                add(study, {}, state=FAIL)
            stops.add(run(study, flat(0.1), ordinal=7))
        assert len(stops) == 1


def test_every_pruner_has_its_laws():
    """The registry and the laws have the same names."""
    assert {laws.name for laws in PrunerLaws.__subclasses__()} == set(PRUNERS)


@pytest.mark.parametrize("name", PRUNERS)
@pytest.mark.parametrize(("folds", "stride"), [(1, 1), (1, 2), (2, 1), (5, 30)])
def test_any_size(name, folds, stride):
    """Every pruner works for one fold, for one epoch, and for many."""
    steps = Steps(folds=folds, stride=stride, epochs=stride)
    study = begin(build_pruner(name, steps))
    for tenths in (9, 5, 1, 7, 3, 8, 2, 6):
        run(study, flat(tenths / 10, steps=steps))
    assert len(study.trials) == 8
