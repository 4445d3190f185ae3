"""Small trees of drawn faces in the layouts that studies describe."""

import numpy as np
from PIL import Image

WORDS = {
    "surprise": 1,
    "fear": 2,
    "disgust": 3,
    "happiness": 4,
    "sadness": 5,
    "anger": 6,
    "neutral": 7,
}
"""Emotion -> its number in RAF-DB, which also places the drawn mouth."""
KDEF = {
    "AF": "fear",
    "AN": "anger",
    "DI": "disgust",
    "HA": "happiness",
    "NE": "neutral",
    "SA": "sadness",
    "SU": "surprise",
}
JAFFE = {"FE" if code == "AF" else code: word for code, word in KDEF.items()}
WOMEN = ("KA", "KL", "KM", "KR", "MK", "NA", "NM", "TM", "UY", "YM")
CODED = (1, 2, 4, 5, 6, 9, 12, 17, 20, 25, 26, 43)


def write_rafdb(root):
    """Writes RAF-DB's official tree: a list without a header, and aligned faces."""
    lines = []
    for number, (part, count, word) in enumerate(_published()):
        name = f"{part}_{count:05d}"
        lines.append(f"{name}.jpg {WORDS[word]}")
        draw(root / f"Image/aligned/{name}_aligned.jpg", number, WORDS[word])
    (root / "EmoLabel").mkdir()
    path = root / "EmoLabel/list_patition_label.txt"
    path.write_text("\n".join(lines) + "\n")
    return root


def write_rafdb_folders(root):
    """Writes RAF-DB as widespread copies have it: folders of numbers."""
    for number, (part, count, word) in enumerate(_published()):
        name = f"{part}_{count:05d}_aligned.jpg"
        draw(root / f"DATASET/{part}/{WORDS[word]}/{name}", number, WORDS[word])
    return root


def write_kdef(root):
    """Writes five women and five men of KDEF, two sessions, two of the angles."""
    number = 0
    for session in "AB":
        for actor in (f"{sex}{n:02d}" for sex in "FM" for n in range(1, 6)):
            for code, word in KDEF.items():
                for angle in ("S", "HL"):
                    name = f"{session}{actor}{code}{angle}.JPG"
                    draw(root / f"KDEF/{session}{actor}" / name, number, WORDS[word])
                    number += 1
    return root


def write_jaffe(root):
    """Writes JAFFE: grey pictures of ten women, two takes of each expression."""
    number = 0
    for woman in WOMEN:
        for code, word in JAFFE.items():
            for take in (1, 2):
                number += 1
                path = root / f"{woman}.{code}{take}.{number}.tiff"
                draw(path, number, WORDS[word], grey=True)
    (root / "README_FIRST.txt").write_text("The JAFFE images")
    return root


def write_emotionet(root):
    """Writes a part of EmotioNet: addresses, units mostly unknown, and images."""
    lines = ["URL,URL orig," + ",".join(f"'AU {unit}'" for unit in range(1, 61))]
    random = np.random.default_rng(1)
    for number in range(60):
        name = f"N_{number:010d}_00005.jpg"
        present = random.random(61) < 0.4
        cells = [
            f"{present[unit]:d}" if unit in CODED else "999" for unit in range(1, 61)
        ]
        if number % 7 == 0:
            cells[0] = "999"
        url = f"'http://faces.example/EmotioNet/Images/{number % 3}/{name}'"
        lines.append(",".join((url, f"'http://web.example/a,{number}.jpg'", *cells)))
        draw(root / "images" / name, number, 1 + int(present[12]))
    path = root / "EmotioNet_FACS_aws_2020_24600.csv"
    path.write_text("\n".join(lines) + "\n")
    return root


def draw(path, number, place, *, grey=False):
    """Draws a face of its own, whose mouth lies where the emotion puts it."""
    pixels = np.random.default_rng(number).integers(90, 160, (32, 32, 3))
    pixels[8:12, 8:12] = pixels[8:12, 20:24] = 20
    low = 13 + 2 * place
    pixels[low : low + 3, 10:22] = 230
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(pixels.astype(np.uint8))
    (image.convert("L") if grey else image).save(path)


def _published():
    """Yields part, number within it and emotion of each image of a small RAF-DB."""
    for part, each in (("train", 6), ("test", 2)):
        words = [word for word in WORDS for _ in range(each)]
        for count, word in enumerate(words, start=1):
            yield part, count, word


LAYOUTS = {
    "rafdb": write_rafdb,
    "rafdb_folders": write_rafdb_folders,
    "kdef": write_kdef,
    "jaffe": write_jaffe,
    "emotionet": write_emotionet,
}
"""Study in ``studies/`` -> what writes its layout."""
