"""A table of the drawn people: their ages. Nothing else of a person is drawn."""

from collections.abc import Iterable

from data_pipeline.synthetic.population.subjects import sample_subject

HEADER = "subject,sex,age,ethnicity"
YOUNGEST, OLDEST = 18, 50
"""The ages of CK+'s people."""


def demographics(subjects: Iterable[str], seed: int) -> bytes:
    """Writes a line for each subject; sex and ethnicity are empty.

    Example:
        >>> demographics(["S005"], 1).decode().split()
        ['subject,sex,age,ethnicity', 'S005,,28,']
    """
    lines = [HEADER]
    for subject in sorted(set(subjects)):
        age = sample_subject(seed, subject).age
        lines.append(f"{subject},,{round(YOUNGEST + age * (OLDEST - YOUNGEST))},")
    return "".join(f"{line}\r\n" for line in lines).encode("ascii")
