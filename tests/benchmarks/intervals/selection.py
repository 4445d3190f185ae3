"""How often does what is said of a winner, chosen on the same people, hold?

    python -m tests.benchmarks.intervals.selection [--draws 1000] [--subjects 98 25]
        [--candidates 16] [--resamples 200] [--cases NAME ...] [--metric macro_f1]

Draws people with CK+'s labels from 881, and out-of-fold predictions of several
configurations, whose values on all people are known. The one with the highest value on
the drawn people is the winner. Prints how many of the 95 % intervals contain

- the winner's value on all people: the corrected value's interval (BBC-CV), and that of
  the winner's own score, as if nothing had been selected;
- its gain over a configuration of middle rank, named before, and over the runner-up;
- the difference of two configurations that were both named before: no selection.

Beside each stands the interval by percentiles of the same resamples. The last lines are
the number of tied configurations, and the share of those not worse than the winner on
all people that are told apart from it (one-sided, 5 %).

A configuration is a fixed predictor here: that each fold has a network of its own, and
the retraining another one, is not in it. Accuracy and macro F1 are computed from counts
of each person, for speed; the first draw checks them against the search's own values.
"""

import argparse
import time

import numpy as np

from data_pipeline.system.seeds import child_seed
from models.evaluation.bootstrap import subject_weights
from models.evaluation.jackknife import DIFFERENCE, SHARE, jackknife
from models.evaluation.selection import (
    CandidateValues,
    corrected_value,
    gain_over_second,
    gains,
    tied_with,
)
from models.metrics.predictions import HEADS, Predictions
from search.final import candidate_values
from tests.factories.population import population

CASES = {
    "equal": {"best": 2.0, "worst": 2.0, "shared": 0.5},
    "spread": {"best": 2.0, "worst": 1.2, "shared": 0.5},
    "alike": {"best": 2.0, "worst": 1.2, "shared": 0.9},
    "near 1": {"best": 3.2, "worst": 2.4, "shared": 0.7},
}
"""Skill of the best and worst configuration, and the share of their errors in common.

In "near 1" the best has a macro F1 of about .97.
"""
TAIL = 0.025
METRICS = ("macro_f1", "accuracy")


class Tally:
    """Counts intervals that contain the truth, and adds up their widths."""

    def __init__(self):
        """Starts empty."""
        self.inside, self.widths = [], []

    def add(self, low, high, truth):
        """Adds an interval."""
        self.inside.append(low <= truth <= high)
        self.widths.append(high - low)

    def __str__(self):
        """Coverage and mean width."""
        return f"{np.mean(self.inside):.3f} (width {np.mean(self.widths):.3f})"


class Found(dict):
    """A tally for each pair of what is said and how, a list for each other name."""

    def __missing__(self, name):
        """Starts a tally, or a list of numbers."""
        self[name] = Tally() if isinstance(name, tuple) else []
        return self[name]


class Counts:
    """Each person's images of a class: right ones, predicted ones and true ones."""

    def __init__(self, people, metric):
        """Counts the predictions of the further models."""
        self.people, self.metric = people, metric
        self.persons = people.subject.max() + 1
        true = np.asarray(people.targets.emotion).argmax(axis=1)
        self.true = self._by_person(true, np.ones(len(true), bool))
        named = [each.emotion.argmax(axis=1) for each in people.others]
        self.right = np.stack([self._by_person(true, true == one) for one in named])
        self.named = np.stack(
            [self._by_person(one, np.ones(len(one), bool)) for one in named]
        )

    def _by_person(self, classes, where):
        table = np.zeros((self.persons, 3))
        np.add.at(table, (self.people.subject[where], classes[where]), 1)
        return table

    def score(self, persons, weights):
        """Scores each configuration once a weighting of the persons; (C, B)."""
        true, right = weights @ self.true[persons], weights @ self.right[:, persons]
        if self.metric == "accuracy":
            return right.sum(axis=2) / true.sum(axis=1)
        both = true + weights @ self.named[:, persons]
        with np.errstate(all="ignore"):
            return np.nanmean(np.where(true > 0, 2 * right / both, np.nan), axis=2)

    def values(self, persons, seed, resamples):
        """Makes what ``score_candidates`` makes, without the images."""
        count = len(persons)
        names, of = [f"S{n:04}" for n in range(count)], child_seed(seed, "selection")
        drawn = subject_weights(names, seed=of, resamples=resamples)
        leave_out = np.concatenate([np.ones((1, count)), 1 - np.eye(count)])
        weights = (leave_out, drawn, (drawn == 0) * 1.0)
        without, inside, outside = (self.score(persons, each) for each in weights)
        return CandidateValues(
            without=without, inside=inside, outside=outside, subjects=count
        )

    def check(self, persons, values, seed):
        """Compares values with those of a search, from every image."""
        parts = [np.flatnonzero(self.people.subject == person) for person in persons]
        rows = np.concatenate(parts)
        heads = dict.fromkeys(HEADS)
        found = candidate_values.score_candidates(
            [
                Predictions(**heads | {"emotion": each.take(rows).emotion})
                for each in self.people.others
            ],
            self.people.targets.take(rows),
            objective={f"emotion.{self.metric}": 1.0},
            subjects=[f"S{n:04}" for n, part in enumerate(parts) for _ in part],
            seed=seed,
        )
        for name in ("without", "inside", "outside"):
            np.testing.assert_allclose(getattr(found, name), getattr(values, name))


def percentiles(drawn):
    """Returns the middle 95 % of resamples."""
    return np.quantile(drawn, [TAIL, 1 - TAIL])


def single(without, scale):
    """Returns the jackknife's interval of one value, without any selection."""
    subjects = np.array([len(without) - 1])
    low, high = jackknife(without[:, None], scale, subjects=subjects)
    return low[0], high[0]


def judge(values, truth, known, found):
    """Adds what one draw says of its winner to the tallies.

    Returns which configurations are told apart from it, now and by percentiles, and
    which of them are as good.
    """
    winner, second = np.argsort(-values.whole, kind="stable")[:2]

    def add(name, ends, drawn, truly):
        found[name, "now"].add(*ends, truly)
        found[name, "percentiles"].add(*percentiles(drawn), truly)

    def ends_of(estimate):
        return estimate.low, estimate.high

    outside = values.outside[values.first, np.arange(len(values.first))]
    corrected = corrected_value(values, SHARE)
    found["corrected value less the truth"].append(corrected.value - truth[winner])
    found["winner's score less the truth"].append(values.whole[winner] - truth[winner])
    add("corrected value", ends_of(corrected), outside, truth[winner])
    own = single(values.without[winner], SHARE)
    found["winner's own score", "now"].add(*own, truth[winner])
    apart, gained = values.inside[winner] - values.inside, truth[winner] - truth
    if winner != known:
        over = ends_of(gains(values, winner=winner)[known])
        add("gain over a known one", over, apart[known], gained[known])
    over = ends_of(gain_over_second(values, winner=winner))
    add("gain over the runner-up", over, apart[second], gained[second])
    pair = single(values.without[0] - values.without[known], DIFFERENCE)
    drawn = values.inside[0] - values.inside[known]
    add("two named before", pair, drawn, truth[0] - truth[known])
    before = np.quantile(apart, 2 * TAIL, axis=1) <= 0
    as_good = (gained <= 0) & (np.arange(len(truth)) != winner)
    return np.stack([~tied_with(values, winner=winner), ~before, as_good])


def simulate(counts, subjects, options):
    """Draws people, and prints a line for each statement about the winner."""
    everyone = np.arange(counts.persons)
    truth = counts.score(everyone, np.ones((1, len(everyone))))[:, 0]
    known = int(np.argsort(-truth)[len(truth) // 2])
    found, told = Found(), []
    generator = np.random.default_rng(1)
    for seed in range(options.draws):
        persons = generator.integers(0, counts.persons, subjects)
        values = counts.values(persons, seed, options.resamples)
        if not seed:
            counts.check(persons, values, seed)
        told.append(judge(values, truth, known, found))
    print(f"  truth {truth.min():.3f} to {truth.max():.3f}, known {truth[known]:.3f}")
    for name, each in found.items():
        shown = each if isinstance(each, Tally) else f"{np.mean(each):+.4f}"
        print(f"  {name if isinstance(name, str) else ', '.join(name):36} {shown}")
    apart = np.array(told)
    for place, by in enumerate(("now", "percentiles")):
        tied = (~apart[:, place]).sum(axis=1).mean()
        wrongly = apart[:, place][apart[:, 2]].mean()
        print(f"  {by}: {tied:.1f} tied; as good, but told apart {wrongly:.3f}")


def main():
    """Prints what holds in each case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--subjects", type=int, nargs="+", default=[98, 25])
    parser.add_argument("--candidates", type=int, default=16)
    parser.add_argument("--resamples", type=int, default=200)
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--metric", choices=METRICS, default=METRICS[0])
    options = parser.parse_args()
    candidate_values.RESAMPLES = options.resamples
    for name in options.cases:
        case = CASES[name]
        skills = np.linspace(case["best"], case["worst"], options.candidates)
        people = population(plans=8, skills=skills, shared=case["shared"])
        counts = Counts(people, options.metric)
        for subjects in options.subjects:
            start = time.process_time()
            print(f"{name}: {subjects} subjects, {options.candidates} candidates")
            simulate(counts, subjects, options)
            print(f"  {time.process_time() - start:.0f} s of CPU", flush=True)


if __name__ == "__main__":
    main()
