"""Keys and values of study files, right and wrong, as texts of TOML."""

from hypothesis import strategies as st

from models.config.hyperparameters import HYPERPARAMETERS
from search.study.sections import SECTIONS

KEYS = [
    *HYPERPARAMETERS,
    *(f"{name}.{key}" for name, kind in SECTIONS.items() for key in kind.__slots__),
    "objective.emotion.macro_f1",
    "objective.nothing",
    "nothing",
]
NUMBERS = [
    *("0", "-1", "1", "0.5", "0.1", "0.25", "2", "8", "16", "1e-300", "5e-324"),
    *("1e308", "-0.0", "inf", "nan", str(1 << 62), str(1 << 63), "1e999"),
    *("1" * 400, "1" * 5000, "0x" + "f" * 300),
]
SCALARS = st.one_of(
    st.sampled_from(NUMBERS),
    st.integers().map(str),
    st.floats().map(repr),
    st.sampled_from(["true", "''", '"adam"', "1979-05-27", "[]", "{}", "none", "tpe"]),
)
RANGES = st.fixed_dictionaries(
    {"low": SCALARS, "high": SCALARS},
    optional={"step": SCALARS, "log": SCALARS, "when": SCALARS},
).map(lambda table: f"{{ {', '.join(f'{k} = {v}' for k, v in table.items())} }}")
LISTS = st.lists(SCALARS, max_size=3).map(lambda values: f"[{', '.join(values)}]")
VALUES = st.one_of(SCALARS, RANGES, LISTS, LISTS.map("[{0}, {0}]".format), st.text())
