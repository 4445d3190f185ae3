"""The plan of a set: subjects, sequences and labels in CK+'s counts, no pixels."""

from collections.abc import Sequence as Row
from dataclasses import dataclass, replace

import numpy as np

from data_pipeline.labels.labels import COURSEWORK_ACTION_UNITS, Emotion
from data_pipeline.synthetic.population.expressions import Shown, code, show
from data_pipeline.synthetic.population.subjects import (
    DEFAULT_SUBJECTS,
    sample_subject,
    subject_ids,
)
from data_pipeline.system.seeds import child_seed

# Emotion -> sequences, and those with an emotion file. The coursework table has 328
# negative, 121 positive and 111 surprise; the negative ones are divided like the 175
# that have a basic emotion. Source: CK+'s 327 labelled sequences.
_COUNTS = {
    Emotion.ANGER: (84, 45),
    Emotion.CONTEMPT: (34, 18),
    Emotion.DISGUST: (110, 59),
    Emotion.FEAR: (47, 25),
    Emotion.HAPPINESS: (121, 69),
    Emotion.SADNESS: (53, 28),
    Emotion.SURPRISE: (111, 83),
}
EMOTION_COUNTS = {emotion: count for emotion, (count, _) in _COUNTS.items()}
NAMED_COUNTS = {emotion: named for emotion, (_, named) in _COUNTS.items()}
UNNAMED_COUNT = 33
"""Sequences of CK+ (593) that are not in the coursework table (560)."""

_MOST_ROWS = 10
_LAST_NUMBER = 13
_SINGLE_SHARE = 15 / 123


@dataclass(frozen=True, slots=True, kw_only=True)
class Sequence:
    """One synthetic sequence: what its peak shows, and its labels.

    Attributes:
        subject: id such as ``S005``.
        number: the sequence's number within the subject, 1..13, with gaps.
        peak: number of its last frame.
        emotion: what the person shows; ``None`` for sequences outside the table.
        shown: action units as rendered, intensities 1..5.
        coded: action units of the label files, intensities 0..5 (0: not given).
        named: whether the official tree has an emotion file.
    """

    subject: str
    number: int
    peak: int
    emotion: Emotion | None
    shown: Shown
    coded: Shown
    named: bool

    @property
    def name(self) -> str:
        """The file prefix of the peak, ``S010_002_00000014``."""
        return self.frame(self.peak)

    def frame(self, number: int) -> str:
        """The file prefix of one frame."""
        return f"{self.subject}_{self.number:03d}_{number:08d}"


def plan(subjects: int, seed: int) -> tuple[Sequence, ...]:
    """Plans a whole set, sorted by subject and number.

    Counts scale with the number of subjects; with 123 they are CK+'s.

    Raises:
        DataError: there cannot be so many subjects.
    """
    ids = subject_ids(subjects)
    rng = np.random.default_rng(child_seed(seed, "drawn", "plan", subjects))
    share = subjects / DEFAULT_SUBJECTS
    wanted = scaled(EMOTION_COUNTS, share)
    rows = _rows_per_subject(sum(wanted.values()), subjects, rng)
    assigned = _assign(wanted, rows, rng)
    for index in rng.integers(0, subjects, round(UNNAMED_COUNT * share)):
        assigned[int(index)].append(None)
    sequences = [
        sequence
        for subject, emotions in zip(ids, assigned, strict=True)
        for sequence in _sequences_of(subject, emotions, seed)
    ]
    return tuple(_name(_one_uncoded(sequences), scaled(NAMED_COUNTS, share), seed))


def scaled(counts: dict[Emotion, int], share: float) -> dict[Emotion, int]:
    """Scales counts by largest remainders, so that their sum is right too.

    The sum is at least one.
    """
    exact = {emotion: count * share for emotion, count in counts.items()}
    whole = {emotion: int(value) for emotion, value in exact.items()}
    missing = max(1, round(sum(exact.values()))) - sum(whole.values())
    by_rest = sorted(exact, key=lambda emotion: whole[emotion] - exact[emotion])
    for emotion in by_rest[:missing]:
        whole[emotion] += 1
    return whole


def _rows_per_subject(
    total: int, subjects: int, rng: np.random.Generator
) -> np.ndarray:
    """Divides rows: 1..10 a subject, about an eighth with a single row."""
    rows = np.ones(subjects, dtype=int)
    weights = rng.lognormal(0.0, 0.35, subjects)
    single = rng.permutation(subjects)[: int(subjects * _SINGLE_SHARE)]
    weights[single] = 0.0
    for _ in range(total - subjects):
        open_weights = np.where(rows < _MOST_ROWS, weights, 0.0)
        rows[int(rng.choice(subjects, p=open_weights / open_weights.sum()))] += 1
    return rows


def _assign(
    wanted: dict[Emotion, int], rows: np.ndarray, rng: np.random.Generator
) -> list[list[Emotion | None]]:
    """Gives emotions to subjects; none repeats while other subjects lack it."""
    room = rows.copy()
    assigned: list[list[Emotion | None]] = [[] for _ in rows]
    for emotion in sorted(wanted, key=lambda key: (-wanted[key], key)):
        left = wanted[emotion]
        while left:
            free = np.flatnonzero(room)
            chances = room[free] ** 2.0
            size, p = min(left, len(free)), chances / chances.sum()
            taken = rng.choice(free, size, replace=False, p=p)
            for index in taken:
                assigned[int(index)].append(emotion)
            room[taken] -= 1
            left -= len(taken)
    return assigned


def _sequences_of(
    subject: str, emotions: Row[Emotion | None], seed: int
) -> list[Sequence]:
    """Samples what one subject shows in each sequence."""
    rng = np.random.default_rng(child_seed(seed, "drawn", "sequences", subject))
    person = sample_subject(seed, subject)
    numbers = sorted(rng.permutation(_LAST_NUMBER)[: len(emotions)] + 1)
    order = rng.permutation(len(emotions))
    sequences = []
    for number, index in zip(numbers, order, strict=True):
        vigor = rng.normal(3.6, 0.9) + person.expressivity
        shown = show(emotions[index], vigor, rng)
        sequences.append(
            Sequence(
                subject=subject,
                number=int(number),
                peak=int(np.clip(round(rng.lognormal(np.log(17), 0.4)), 4, 71)),
                emotion=emotions[index],
                shown=shown,
                coded=_coded_in_table(shown, rng),
                named=False,
            )
        )
    return sequences


def _coded_in_table(shown: Shown, rng: np.random.Generator) -> Shown:
    """Codes a peak, with its strongest unit if all of the table's were missed."""
    coded = code(shown, rng)
    if not coded.keys() & set(COURSEWORK_ACTION_UNITS):
        in_table = [unit for unit in shown if unit in COURSEWORK_ACTION_UNITS]
        best = max(in_table or shown, key=lambda unit: shown[unit])
        coded[best] = shown[best]
    return dict(sorted(coded.items()))


def _one_uncoded(sequences: list[Sequence]) -> list[Sequence]:
    """Leaves one row without any unit of the table, as in CK+."""
    table = set(COURSEWORK_ACTION_UNITS)
    plain: Shown = {5: 1, 20: 1}
    done = [
        replace(row, coded={4: 1, **row.coded})
        if row.emotion is not None and not table & row.coded.keys()
        else row
        for row in sequences
    ]
    # Weak AU5 and AU20 suggest fear; a set too small for fear takes what it has.
    order = (Emotion.FEAR, Emotion.SADNESS, Emotion.DISGUST, Emotion.ANGER)
    for emotion in order:
        rows = [index for index, row in enumerate(done) if row.emotion is emotion]
        if rows:
            done[rows[0]] = replace(done[rows[0]], shown=plain, coded=plain)
            break
    return done


def _name(
    sequences: list[Sequence], wanted: dict[Emotion, int], seed: int
) -> list[Sequence]:
    """Gives emotion files to the sequences with the clearest expressions."""
    rng = np.random.default_rng(child_seed(seed, "drawn", "names"))
    noise = rng.random(len(sequences))
    for emotion, count in wanted.items():
        rows = [i for i, row in enumerate(sequences) if row.emotion is emotion]
        clarity = {i: sum(sequences[i].shown.values()) + 8 * noise[i] for i in rows}
        for index in sorted(rows, key=lambda i: -clarity[i])[:count]:
            sequences[index] = replace(sequences[index], named=True)
    return sequences
