"""A small clean tree for the check of a data set to find harm in."""

from tests.strategies.tables import write_image, write_table

SUBJECTS = [f"S{number:03d}" for number in range(12)]
HEADER = "subject,sequence,filepath,AU1,high_level_emotion"


def image_of(subject, number=1):
    """Names one image of a subject."""
    return f"images/{subject}/{number:03d}/{subject}_{number:03d}_00000009.png"


def write_rows(root):
    """Writes a table of all subjects: a positive sequence and another one each."""
    rows = [
        f"{subject},{number},{image_of(subject, number)},{labels}"
        for place, subject in enumerate(SUBJECTS)
        for number, labels in (
            (1, "1,positive"),
            (2, "0,surprise" if place % 2 else "0,negative"),
        )
    ]
    write_table(root, HEADER, *rows)


def write_clean(root):
    """Writes the table and its images, of which every one is its own noise."""
    write_rows(root)
    for place, subject in enumerate(SUBJECTS):
        for number in (1, 2):
            write_image(root / image_of(subject, number), 2 * place + number)
    return root
