"""How often do 95 % intervals contain the value of the whole population?

    python -m tests.benchmarks.coverage [--draws 1000] [--subjects 25] [--icc 0.25]
        [--images | --groups N]

Draws people with CK+'s labels from 984, and two models' predictions of their faces
whose errors have the given correlation within a person; then makes the intervals of a
report. ``--images`` takes as many single images in place of people. Prints the CPU time
of a report, and for each metric the population's value, how many of the intervals
contain it, their mean width, and the share of draws without an interval. Labels of
classes and units are pooled by the number of subjects that have them.

``--groups`` deals the people to so many groups, whose errors are alike, and makes the
intervals of each group and of the gaps between groups in place of the report's. Its
line ``below by_chance`` is the share of gaps that are below what exchanges of groups
reach by chance, and the mean of that.
"""

import argparse
import time
from collections import defaultdict

import numpy as np

from models.evaluation.baseline import constants_of
from models.evaluation.comparison import Candidate, compare
from models.evaluation.report import evaluate, evaluate_votes
from models.evaluation.subjects import RowGroups, group_scores
from models.metrics import calibration
from tests.factories.population import population

THRESHOLD = 0.35
PRIMARY = "emotion.macro_f1"
RANGES = ((10, 12), (13, 17), (18, 25), (26, 10_000))


def report_of(people, rows, subjects):
    """Makes the parts of a report, and the differences from the worse model."""
    thresholds = dict.fromkeys(people.targets.action_units, THRESHOLD)
    targets, votes = people.targets.take(rows), people.votes.take(rows)
    better, worse = people.better.take(rows), people.worse.take(rows)
    given = {
        "subjects": subjects,
        "constants": constants_of(targets, count=len(targets)),
        "seed": 0,
    }
    parts = evaluate(targets, better, thresholds=thresholds, **given)
    parts |= evaluate_votes(votes, better, **given)
    sides = [Candidate(predictions=p, thresholds=thresholds) for p in (better, worse)]
    apart = compare(targets, *sides, subjects=subjects, seed=0)
    return parts, apart


def found_in(parts, apart):
    """Lists names, values, intervals and the number of subjects behind them."""
    for head, part in parts.items():
        for name, metric in part["metrics"].items():
            yield f"{head}.{name}", metric["value"], (metric["low"], metric["high"]), 0
        for table in ("per_class", "per_au", "per_dimension"):
            for label, row in part.get(table, {}).items():
                for name, ends in row["intervals"].items():
                    place = f"{table}.{name}.{label}"
                    yield place, row[name], ends or (None, None), row["subjects"]
    for head, metrics in apart.items():
        for name, metric in metrics.items():
            ends = (metric["low"], metric["high"])
            yield f"difference.{head}.{name}", metric["difference"], ends, 0


def group_of(name, subjects):
    """Pools the labels of a table by their number of subjects; ``None``: too few."""
    if name.startswith(("gap.", "group.")):
        return name.rpartition(".")[0]
    if not name.startswith("per_"):
        return name
    place = name.rpartition(".")[0]
    for least, most in RANGES:
        if least <= subjects <= most:
            return f"{place}, {least} to {most} subjects"
    return None


def groups_of(people, rows, subjects, count):
    """Scores the groups to which people are dealt by their number."""
    names = [f"group {number}" for number in range(count)]
    of_row = np.array([names[person % count] for person in people.subject[rows]])
    thresholds = dict.fromkeys(people.targets.action_units, THRESHOLD)
    return group_scores(
        people.targets.take(rows),
        Candidate(predictions=people.better.take(rows), thresholds=thresholds),
        RowGroups(names=names, of_row=of_row),
        subjects=subjects,
        primary=PRIMARY,
        seed=0,
    )


def found_in_groups(report):
    """Lists the values of groups and the gaps, as ``found_in`` does."""
    for group, part in report["groups"].items():
        for head in report["gaps"]:
            for name, metric in part[head].items():
                ends = (metric["low"], metric["high"])
                yield f"group.{head}.{name}.{group}", metric["value"], ends, 0
    for head, gaps in report["gaps"].items():
        for name, gap in gaps.items():
            place = f"gap.{head}.{name}.{gap['highest']} - {gap['lowest']}"
            yield place, gap["gap"], (gap["low"], gap["high"]), 0


def true_gaps(truth):
    """Computes the gap of each two groups, in either order, from their values."""
    gaps = {}
    for name, value in truth.items():
        metric, _, group = name.removeprefix("group.").rpartition(".")
        for other, less in truth.items():
            if other.startswith(f"group.{metric}.") and None not in (value, less):
                apart = f"gap.{metric}.{group} - {other.rpartition('.')[2]}"
                gaps[apart] = value - less
    return gaps


def add_chance(found, report):
    """Notes whether the primary gap is below what random exchanges reach."""
    head, _, name = PRIMARY.partition(".")
    gap, chance = report["gaps"][head].get(name), report["by_chance"]["gap"]
    if gap is None or chance is None:
        return
    inside, widths, without = found
    inside.append(gap["gap"] <= chance)
    widths.append(chance)
    without.append(False)


def draw(people, generator, options):
    """Draws rows of a test, and the subject of each."""
    if not options.images:
        return people.rows(generator, options.subjects)
    rows = generator.integers(0, len(people.subject), options.subjects)
    return rows, [str(place) for place in range(len(rows))]


def simulate(people, truth, options):
    """Collects for each metric whether intervals contain the truth, and widths."""
    found = defaultdict(lambda: ([], [], []))
    generator = np.random.default_rng(1)
    for _ in range(options.draws):
        drawn = draw(people, generator, options)
        if options.groups:
            report = groups_of(people, *drawn, options.groups)
            listed = found_in_groups(report)
            add_chance(found["below by_chance"], report)
        else:
            listed = found_in(*report_of(people, *drawn))
        for name, _, (low, high), carriers in listed:
            group = group_of(name, carriers)
            if group is None:
                continue
            inside, widths, without = found[group]
            without.append(low is None)
            if low is not None:
                inside.append(low <= truth[name] <= high)
                widths.append(high - low)
    return found


def truth_of(people, options):
    """Computes the values of all people."""
    everyone = [f"S{name}" for name in people.subject]
    rows = np.arange(len(everyone))
    if not options.groups:
        listed = found_in(*report_of(people, rows, everyone))
        return {name: value for name, value, _, _ in listed}
    listed = found_in_groups(groups_of(people, rows, everyone, options.groups))
    truth = {k: value for k, value, _, _ in listed if k.startswith("group.")}
    return truth | true_gaps(truth)


def main():
    """Draws, and prints a line a metric."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--subjects", type=int, default=25)
    parser.add_argument("--icc", type=float, default=0.25)
    parser.add_argument("--images", action="store_true")
    parser.add_argument("--groups", type=int, default=0)
    options = parser.parse_args()
    people = population(plans=8, icc=options.icc)
    rows, subjects = draw(people, np.random.default_rng(0), options)
    start = time.process_time()
    report_of(people, rows, subjects)
    print(f"a report of {len(rows)} images: {time.process_time() - start:.2f} s of CPU")
    calibration.DRAWS = 1  # of another question, and slow
    truth = truth_of(people, options)
    for group, (inside, widths, without) in sorted(
        simulate(people, truth, options).items()
    ):
        if inside:
            print(
                f"{group:52} {truth.get(group, np.nan):6.3f}  {np.mean(inside):.3f}  "
                f"width {np.mean(widths):.3f}  none {np.mean(without):.3f}"
            )


if __name__ == "__main__":
    main()
