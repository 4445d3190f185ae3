"""How to load and use the model: code that runs beside its files."""

from collections.abc import Iterator

from search.model_card.facts import CardFacts
from search.results.markdown import heading

BEGIN = """\
import json
from pathlib import Path

import keras
import numpy as np
from PIL import Image

model = keras.saving.load_model("model.keras")
about = json.loads(Path("model.json").read_text(encoding="utf-8"))
side, channels = about["input"]["size"], about["input"]["channels"]

# A picture of one face, cropped as in training; values stay in 0 to 255.
face = Image.open("face.png").convert("L" if channels == 1 else "RGB")
pixels = np.asarray(face.resize((side, side)), dtype="float32")
found = model.predict(pixels.reshape(1, side, side, channels), verbose=0)
"""

HEADS: dict[str, str] = {
    "emotion": """
emotions = dict(zip(about["emotions"], found["emotion"][0].tolist(), strict=True))
print(max(emotions, key=emotions.get), emotions)
""",
    "action_units": """
units = dict(zip(about["action_units"], found["action_units"][0].tolist(), strict=True))
print([unit for unit in units if units[unit] >= about["thresholds"][unit]], units)
""",
    "action_unit_intensities": """
levels = found["action_unit_intensities"][0].tolist()
print(dict(zip(about["intensities"], levels, strict=True)))  # 0 to 5
""",
    "valence_arousal": """
ratings = found["valence_arousal"][0].tolist()
print(dict(zip(about["dimensions"], ratings, strict=True)))  # -1 to 1
""",
}
"""Head of a model -> the lines that print it."""


def loading(facts: CardFacts) -> Iterator[str]:
    """Shows how to predict with plain Keras, and with this project."""
    versions = facts.sidecar["versions"]
    shown = "".join(text for head, text in HEADS.items() if head in facts.report)
    yield from heading("How to use it")
    yield (
        f"With Keras alone (`pip install keras=={versions['keras']} "
        f"tensorflow=={versions['tensorflow']} pillow`), beside `model.keras` and "
        "`model.json`:"
    )
    yield ""
    yield f"```python\n{BEGIN}{shown}```"
    yield ""
    yield (
        "With this project, which finds faces, crops them as in training, and reads "
        "videos too:"
    )
    yield ""
    yield "    python -m models.predict --model model.keras PATH..."
