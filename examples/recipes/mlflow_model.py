"""A pipeline as an MLflow model of the sklearn flavor, in skops' format: no pickle, no code."""

import tempfile
from pathlib import Path

import mlflow
import numpy as np
from mlflow.models import infer_signature
from sklearn.datasets import load_wine
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_relu import SKOPS_TRUSTED_TYPES, MLPClassifier

X, y = load_wine(return_X_y=True, as_frame=True)
model = make_pipeline(StandardScaler(), MLPClassifier((16,), solver="lbfgs", random_state=0))
model.fit(X, y)

with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "wine"
    mlflow.sklearn.save_model(
        model,
        path,
        signature=infer_signature(X, model.predict(X)),
        serialization_format="skops",
        skops_trusted_types=SKOPS_TRUSTED_TYPES,
    )
    print("files:", *sorted(file.name for file in path.iterdir() if "model" in file.name.lower()))
    loaded = mlflow.sklearn.load_model(path)
    served = mlflow.pyfunc.load_model(path)
    np.testing.assert_array_equal(loaded.predict_proba(X), model.predict_proba(X))
    np.testing.assert_array_equal(served.predict(X), model.predict(X))

print(f"accuracy of the model that was loaded: {loaded.score(X, y):.3f}")
