"""What action units are called.

Source: Ekman, Friesen, Hager 2002, Facial Action Coding System.
"""

FACS_NAMES: dict[str, str] = {
    "AU1": "inner brow raiser",
    "AU2": "outer brow raiser",
    "AU4": "brow lowerer",
    "AU5": "upper lid raiser",
    "AU6": "cheek raiser",
    "AU7": "lid tightener",
    "AU9": "nose wrinkler",
    "AU10": "upper lip raiser",
    "AU11": "nasolabial deepener",
    "AU12": "lip corner puller",
    "AU13": "sharp lip puller",
    "AU14": "dimpler",
    "AU15": "lip corner depressor",
    "AU16": "lower lip depressor",
    "AU17": "chin raiser",
    "AU18": "lip puckerer",
    "AU20": "lip stretcher",
    "AU22": "lip funneler",
    "AU23": "lip tightener",
    "AU24": "lip pressor",
    "AU25": "lips part",
    "AU26": "jaw drop",
    "AU27": "mouth stretch",
    "AU28": "lip suck",
    "AU38": "nostril dilator",
    "AU39": "nostril compressor",
    "AU43": "eyes closed",
    "AU45": "blink",
}


def unit_title(unit: str) -> str:
    """Names an action unit with its number first.

    Example:
        >>> unit_title("AU12"), unit_title("AU99")
        ('AU12 lip corner puller', 'AU99')
    """
    return f"{unit} {FACS_NAMES[unit]}" if unit in FACS_NAMES else unit
