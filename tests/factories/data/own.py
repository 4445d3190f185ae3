"""Own data that no built-in reader knows: small faces in a table, and in folders."""

import numpy as np
from PIL import Image

WORDS = ("calm", "tense")
SUBJECTS = tuple(f"p{number:02d}" for number in range(12))
HEADER = "image,subject,sequence,emotion,AU1,AU12,valence,arousal,intensity_AU12"
SUBJECT = "^(p[0-9]+)_"


def write_own_table(root, called=str):
    """Writes a table of twelve people with two faces of each emotion, and the faces.

    ``called`` gives a person another name, in the table alone.
    """
    rows = [HEADER]
    for number, (image, person, take, word) in enumerate(_faces("faces")):
        subject = called(person)
        draw_face(root / image, number, tense=word == "tense")
        units = "0,1" if word == "calm" else "1,0"
        rating = "0.5,-0.25" if word == "calm" else "-0.5,0.75"
        level = 0 if word == "tense" else 3 + number % 3
        labels = f"{word},{units},{rating},{level}"
        rows.append(f"{image},{subject},{subject}-{take},{labels}")
    write_rows(root, *rows)
    return root


def write_own_folders(root):
    """Writes the same faces in folders of the two emotions, in two parts."""
    for number, (image, subject, _, word) in enumerate(_faces("")):
        part = "test" if subject in SUBJECTS[-3:] else "train"
        draw_face(root / part / word / image, number, tense=word == "tense")
    return root


def write_rows(root, *lines, name="faces.csv"):
    """Writes a table of these lines."""
    root.mkdir(parents=True, exist_ok=True)
    (root / name).write_text("\n".join(lines) + "\n")
    return root


def draw_face(path, number, *, tense):
    """Draws a face of its own: two eyes and a mouth, which is low in a tense face."""
    pixels = np.random.default_rng(number).integers(90, 160, (32, 32, 3))
    pixels[8:12, 8:12] = pixels[8:12, 20:24] = 20
    low = 24 if tense else 18
    pixels[low : low + 3, 10:22] = 230
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels.astype(np.uint8)).save(path)


def _faces(folder):
    """Yields path, subject, take and emotion of each face."""
    for subject in SUBJECTS:
        for word in WORDS:
            for take in (1, 2):
                name = f"{subject}_{word}{take}.png"
                yield (f"{folder}/{name}" if folder else name), subject, take, word
