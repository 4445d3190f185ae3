"""Every reader by its name."""

from data_pipeline.dataset.datasets import DATASETS
from data_pipeline.readers import load_reader

READERS = {
    module.rpartition(".")[2]: load_reader(module)
    for entry in DATASETS.values()
    for module in entry.readers
}
