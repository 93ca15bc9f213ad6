"""Tables for benchmarks: a folder of NAME.csv.gz, with tables.json, which tells what each holds.

tables.json maps each name to a dict with "task" ("classification" or "regression") and
"categorical", a list of columns; the target is the column "target". Missing values are empty cells.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

TEST_SHARE = 0.25
LEAST = 1e-3
"""Is added to errors before their ratio is taken."""


@dataclass(frozen=True)
class TableFile:
    """A table: its columns as they are, and its target."""

    name: str
    is_classification: bool
    X: pd.DataFrame
    y: np.ndarray
    categorical: list[str]

    def split(self, seed):
        """Rows to train on and rows to test on, stratified by class."""
        rows = np.arange(len(self.y))
        stratify = self.y if self.is_classification else None
        return train_test_split(rows, test_size=TEST_SHARE, random_state=seed, stratify=stratify)

    @property
    def numeric(self):
        """The columns that are not categorical."""
        return [name for name in self.X.columns if name not in self.categorical]

    def preparation(self):
        """A transformer to an array: holes filled, numbers standardized, categories one-hot."""
        numbers = make_pipeline(
            SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler()
        )
        categories = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
        return ColumnTransformer(
            [("numbers", numbers, self.numeric), ("categories", categories, self.categorical)]
        )

    def prepared(self, train, test):
        """X to train and to test on, as arrays. All is learned on the rows to train on."""
        prepare = self.preparation()
        return prepare.fit_transform(self.X.iloc[train]), prepare.transform(self.X.iloc[test])


def error_of(predictions, y, is_classification):
    """Share of wrong classes; or root mean square error over the targets' standard deviation."""
    if is_classification:
        return float(np.mean(predictions != y))
    return float(np.sqrt(np.mean((predictions - y) ** 2)) / y.std())


def names_in(path):
    """The names that a text file lists, one a line."""
    return Path(path).read_text(encoding="utf-8").split()


def read(folder, name):
    """The table of a name, from a folder."""
    folder = Path(folder)
    about = json.loads((folder / "tables.json").read_text(encoding="utf-8"))[name]
    frame = pd.read_csv(folder / f"{name}.csv.gz")
    frame = frame.drop(columns="is_test", errors="ignore")  # an official split
    y = frame.pop("target").to_numpy()
    text = [column for column in frame if not pd.api.types.is_numeric_dtype(frame[column])]
    categorical = [c for c in frame if c in text or c in about["categorical"]]
    return TableFile(name, about["task"] == "classification", frame, y, categorical)
