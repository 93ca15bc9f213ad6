"""Files that earlier versions wrote load, and predict what they did."""

import json
import runpy
from pathlib import Path

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

import sklearn_relu
from sklearn_relu import container, load
from sklearn_relu.persistence.models import CONTENT, VERSION

pytestmark = [
    pytest.mark.filterwarnings("ignore", category=ConvergenceWarning),
    pytest.mark.filterwarnings("ignore", category=sklearn_relu.TrainingWarning),
    pytest.mark.filterwarnings("ignore:X has feature names"),
]

GOLDEN = Path(__file__).parent / "golden"
FILES = sorted(GOLDEN.glob("*/*.relu"))


@pytest.fixture(scope="module")
def predictions():
    pytest.importorskip("pandas")
    return runpy.run_path(str(GOLDEN / "make.py"))["predictions"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_golden_file_loads_and_predicts_what_was_recorded(path, predictions):
    recorded = json.loads((path.parent / "predictions.json").read_text())[path.stem]
    found = predictions(path.stem, load(path))
    assert found.keys() == recorded.keys()
    for name, values in recorded.items():
        if name == "coefs after going on":  # products round as the machine's BLAS does
            for one, other in zip(found[name], values, strict=True):
                np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-9)
        elif isinstance(np.ravel(values)[0], np.str_):
            assert found[name] == values
        else:
            np.testing.assert_allclose(found[name], values, rtol=1e-5, atol=1e-8)


def test_there_are_golden_files_of_the_present_format():
    versions = {container.read(path, content=CONTENT, version=VERSION).version for path in FILES}
    assert versions == set(range(1, VERSION + 1))
    for folder in {path.parent for path in FILES}:
        recorded = json.loads((folder / "predictions.json").read_text())
        assert recorded.keys() == {path.stem for path in folder.glob("*.relu")}
