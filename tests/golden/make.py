"""Write golden files: models in every format, fits that were interrupted, and what came of them.

At each release, and when the version of a format goes up: run ``python tests/golden/make.py
VERSION`` once, with that release, and add the new folder. Files of earlier releases are never
written again: that they load and predict the same is the promise that they are there to keep.

Files of estimators that no release has yet are in folders whose names begin with ``unreleased``:
``python tests/golden/make.py unreleased tabular`` writes all whose names begin with "tabular", and
``python tests/golden/make.py unreleased_rbm rbm`` likewise, beside what is there. They may be
written again. The folder of a release takes their place.
"""

import json
import pickle
import sys
import warnings
from pathlib import Path

import joblib
import numpy as np
from sklearn.datasets import load_digits, load_iris
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from sklearn_relu import (
    RBM,
    Autoencoder,
    AutoencoderDetector,
    CNNClassifier,
    CNNRegressor,
    MLPClassifier,
    MLPRegressor,
    RNNClassifier,
    RNNRegressor,
    TabularMLPClassifier,
    TabularMLPRegressor,
    save,
)
from sklearn_relu.activations import LeakyReLU, PReLU
from sklearn_relu.callbacks import Checkpoint
from sklearn_relu.embeddings import PBLD
from sklearn_relu.initializers import Auto, HeNormal, Orthogonal
from sklearn_relu.inspection import HiddenLayer
from sklearn_relu.optimizers import AdamW
from sklearn_relu.schedules import Cosine, WarmUp

FOLDER = Path(__file__).parent

X, y = load_iris(return_X_y=True)
SMALL = {"hidden_layer_sizes": (3,), "max_iter": 5, "random_state": 0}
TABULAR = {**SMALL, "ensemble_size": 2, "batch_size": 50}
IMAGES = load_digits().images[:150].astype(np.uint8)
IMAGES_Y = load_digits().target[:150]
CONVOLUTIONAL = {"filters": (3, 4), "max_iter": 5, "random_state": 0}
RECURRENT = {**SMALL, "learning_rate_init": 0.005}


def table():
    """A frame of every kind of column: numbers with holes, categories of few and of many levels,
    booleans and dates."""
    import pandas as pd

    rows = np.arange(150)
    width = X[:, 3].copy()
    width[::7] = np.nan
    size = np.array(["small", "medium", "large"], dtype=object)[rows * 7 % 3]
    size[::11] = None
    return pd.DataFrame(
        {
            "length": X[:, 2],
            "width": width,
            "size": size,
            "bed": pd.Categorical([f"bed {row % 12}" for row in rows]),
            "wild": rows % 2 == 0,
            "picked": pd.Timestamp("2020-01-01") + pd.to_timedelta(rows, unit="D"),
        }
    )


def series():
    """Series of two channels, of 1 to 9 steps: rows of digits, from the top."""
    return [image[: 1 + i % 8, :2] / 16 for i, image in enumerate(IMAGES)]


def colours(images):
    """Images of two channels, which come first."""
    return np.stack([images, 16 - images], axis=1) / 16


def models():
    """Small models, which together hold all kinds of values that a file can."""
    names = np.array(["setosa", "versicolor", "virginica"], dtype=object)
    iris = load_iris(as_frame=True).data
    frozen = FrozenEstimator(MLPClassifier(**SMALL).fit(X, y))
    return {
        "classifier": MLPClassifier(**SMALL).fit(iris, names[y]),
        "binary": MLPClassifier(**SMALL, dtype="float32", class_weight="balanced").fit(X, y > 0),
        "multilabel": MLPClassifier(**SMALL, loss="focal").fit(X, np.c_[y > 0, y > 1].astype(int)),
        "margins": MLPClassifier(**SMALL, loss="hinge", activation="prelu").fit(X, y),
        "ensemble": MLPClassifier(
            **SMALL, ensemble_size=2, early_stopping=True, dropout=0.1, warm_start=True
        ).fit(X, y),
        "parts": MLPClassifier(
            (3, 2),
            activation=[LeakyReLU(0.2), "tanh"],
            solver=AdamW(weight_decay=0.01),
            learning_rate=WarmUp(2, Cosine(3)),
            penalty="elasticnet",
            max_iter=5,
            random_state=np.random.RandomState(0),
        ).fit(X, y),
        "regressor": MLPRegressor(**SMALL, loss="gaussian_nll", standardize_y=True).fit(
            X, X[:, 1:]
        ),
        "lbfgs": MLPRegressor(**SMALL, solver="lbfgs").fit(X, X[:, 0]),
        "hidden": HiddenLayer(frozen).fit(X, y),
        "detector": AutoencoderDetector(**SMALL, contamination=0.1, dtype="float32").fit(iris),
        "tabular_classifier": TabularMLPClassifier(**TABULAR).fit(table(), names[y]),
        "tabular_regressor": TabularMLPRegressor(
            **TABULAR, numerical_embedding=PBLD(4, n_outputs=2), loss="gaussian_nll"
        ).fit(table(), X[:, 0]),
        "recurrent_classifier": RNNClassifier(
            **RECURRENT | {"hidden_layer_sizes": (3, 2)},
            activation=["prelu", "tanh"],
            summary="mean",
            recurrent_dropout=0.1,
            ensemble_size=2,
        ).fit(series(), IMAGES_Y),
        "recurrent_lstm": RNNRegressor(
            **RECURRENT,
            cell="lstm",
            gate_activation="hard_sigmoid",
            recurrent_initialization=Orthogonal(0.9),
            warm_start=True,
        ).fit(series(), IMAGES_Y),
        "convolutional_classifier": CNNClassifier(
            **CONVOLUTIONAL,
            kernel_size=[(3, 5), 2],
            activation=["crelu", "prelu"],
            pooling=["max", "global_average"],
            normalization="local_contrast",
            spatial_dropout=0.1,
            ensemble_size=2,
        ).fit(IMAGES, IMAGES_Y),
        "convolutional_regressor": CNNRegressor(
            **CONVOLUTIONAL,
            padding="valid",
            kernel_size=2,
            strides=[1, (2, 1)],
            pool_size=(1, 2),
            hidden_layer_sizes=(5,),
        ).fit(IMAGES / 16, IMAGES_Y),
        "convolutional_colours": CNNClassifier(
            **CONVOLUTIONAL, channels_first=True, train_filters=False, warm_start=True
        ).fit(colours(IMAGES), IMAGES_Y),
        "autoencoder": Autoencoder(
            (3, 2), max_iter=5, random_state=0, corruption="salt_and_pepper", warm_start=True
        ).fit(iris),
        "autoencoder_tied": Autoencoder(
            3,
            "prelu",
            max_iter=5,
            random_state=0,
            tied_weights=True,
            loss="log_loss",
            corruption="masking",
            activity_alpha=0.1,
            dtype="float32",
        ).fit(X / 8),
        "pretraining_autoencoder": MLPClassifier(
            (4, 3),
            pretraining=Autoencoder(max_iter=3, corruption="masking"),
            max_iter=5,
            random_state=0,
            warm_start=True,
        ).fit(X, y, X_unlabeled=X[::3]),
        "pretraining_machine": MLPRegressor(
            **SMALL, activation="logistic", pretraining=RBM(n_iter=2, batch_size=50)
        ).fit(X / 8, X[:, 0]),
        "rbm": RBM(3, n_iter=3, random_state=0).fit(iris / 8),
        "rbm_stream": rbm_stream(),
        "unfitted": MLPRegressor(**SMALL, n_iter_no_change=np.inf),
    }


def rbm_stream():
    """A machine in the middle of a stream, with chains, in float32."""
    model = RBM(3, hidden="binary", persistent=True, batch_size=50, dtype="float32", random_state=0)
    for _ in range(2):
        model.partial_fit(X / 8)
    return model


def objects():
    """What holds models, for formats that take any object."""
    scaled = make_pipeline(StandardScaler(), MLPClassifier(**SMALL))
    stream = MLPRegressor(**SMALL, activation=PReLU(0.1), bias_initialization=0.1)
    for _ in range(3):
        stream.partial_fit(X, X[:, 0])
    return {
        "pipeline": scaled.fit(X, y),
        "search": GridSearchCV(
            scaled, {"mlpclassifier__activation": ["relu", "elu"]}, cv=2, refit=True
        ).fit(X, y),
        "stream": stream,
        "convolutional_search": GridSearchCV(
            CNNClassifier(**CONVOLUTIONAL), {"pooling": ["max", None]}, cv=2
        ).fit(IMAGES, IMAGES_Y),
        "recurrent_search": GridSearchCV(
            RNNClassifier(**RECURRENT), {"cell": ["rnn", "lstm"]}, cv=2
        ).fit(series(), IMAGES_Y),
        "autoencoder_search": GridSearchCV(
            make_pipeline(StandardScaler(), Autoencoder(**SMALL)),
            {"autoencoder__tied_weights": [False, True]},
            cv=2,
        ).fit(X),
        "pretraining_search": GridSearchCV(
            MLPClassifier(**SMALL, pretraining="autoencoder"),
            {"pretraining__max_iter": [2]},
            cv=2,
        ).fit(X, y),
        "rbm_pipeline": make_pipeline(MinMaxScaler(), RBM(3, n_iter=3, random_state=0)).fit(X),
        "tabular_search": GridSearchCV(
            TabularMLPClassifier(**TABULAR), {"numerical_embedding": ["pbld", None]}, cv=2
        ).fit(table(), y),
    }


def fits():
    """Fits to interrupt: an estimator, and what its fit takes."""
    more = {**SMALL, "max_iter": 8, "n_iter_no_change": 100}
    first, second = np.arange(150) % 2 == 0, np.arange(150) % 2 == 1
    return {
        "defaults": (MLPClassifier(**more), (X, y), {}),
        "early_stopping": (
            MLPClassifier(**more, early_stopping=True, dropout=0.2, activation="prelu"),
            (X, y),
            {"sample_weight": np.arange(150.0)},
        ),
        "ensemble": (MLPClassifier(**more, ensemble_size=2, early_stopping=True), (X, y), {}),
        "detector": (AutoencoderDetector(**more), (X,), {"sample_weight": np.arange(150.0)}),
        "held_out": (
            MLPRegressor(
                **more,
                solver=AdamW(weight_decay=0.01),
                learning_rate="cosine",
                penalty="l1",
                dtype="float32",
                early_stopping=True,
                early_stopping_metric="loss",
                initialization=HeNormal(),
            ),
            (X[first], X[first, 0]),
            {"X_val": X[second], "y_val": X[second, 0]},
        ),
        "convolutional": (
            CNNClassifier(**CONVOLUTIONAL | {"max_iter": 8}, dropout=0.2),
            (IMAGES, IMAGES_Y),
            {},
        ),
        "recurrent": (
            RNNClassifier(**RECURRENT | {"max_iter": 8}, cell="lstm", recurrent_dropout=0.2),
            (series(), IMAGES_Y),
            {},
        ),
        "autoencoder": (
            Autoencoder(**more, tied_weights=True, corruption="gaussian", activity_alpha=0.01),
            (X,),
            {"sample_weight": np.arange(150.0)},
        ),
        "pretraining": (
            MLPClassifier(**more, pretraining=Autoencoder(max_iter=2, corruption="masking")),
            (X, y),
            {"X_unlabeled": X[::3]},
        ),
        "tabular": (
            TabularMLPClassifier(**TABULAR | {"max_iter": 8}, dtype="float64"),
            (table(), y),
            {},
        ),
    }


METHODS = (
    "predict", "predict_proba", "decision_function", "transform", "reconstruct", "score_samples"
)  # fmt: skip
"""What is recorded of each model that has it."""


class Interrupt:
    """Raises KeyboardInterrupt after some epochs."""

    def __init__(self, n_epochs):
        self.n_epochs = n_epochs

    def setup(self, estimator, context):
        """Begin to count."""
        self.n = 0

    def teardown(self, estimator, context):
        """Do nothing."""

    def on_fit_task_begin(self, estimator, context):
        """Do nothing."""

    def on_fit_task_end(self, estimator, context):
        """Count an epoch."""
        self.n += 1
        if self.n == self.n_epochs:
            raise KeyboardInterrupt


METHODS = (
    "predict", "predict_proba", "decision_function", "transform", "reconstruct", "score_samples"
)  # fmt: skip
"""What is recorded of each model that has it."""


def predictions(name, model):
    """What is recorded of a model, as lists."""
    if name == "unfitted":  # "auto" meant another one once
        model = model.set_params(initialization=Auto(n_shallow=0)).fit(X, X[:, 0])
    rows = X[::10]
    if name in ("classifier", "autoencoder", "detector"):
        rows = load_iris(as_frame=True).data.iloc[::10]
    elif name == "autoencoder_tied":
        rows = rows / 8
    elif name.startswith("tabular"):
        rows = table().iloc[::10]
    elif name.startswith("convolutional"):
        rows = colours(IMAGES[::10]) if name.endswith("colours") else IMAGES[::10]
    elif name.startswith("recurrent"):
        rows = series()[::10]
    elif name == "rbm":
        rows = load_iris(as_frame=True).data.iloc[::10] / 8
    found = {}
    for method in METHODS:
        if hasattr(model, method):
            found[method] = getattr(model, method)(rows).tolist()
    if name == "stream":
        found["coefs after going on"] = coefs(model.partial_fit(X, X[:, 0]))
    elif name == "rbm_stream":
        found["coefs after going on"] = [model.partial_fit(X / 8).components_.tolist()]
    elif model.__dict__.get("warm_start"):
        data = load_iris(as_frame=True).data if name == "autoencoder" else X
        data = (colours(IMAGES), IMAGES_Y) if name == "convolutional_colours" else (data, y)
        data = (series(), IMAGES_Y) if name == "recurrent_lstm" else data
        found["coefs after going on"] = coefs(model.fit(*data))
    return found


def coefs(model):
    """Weights, as lists."""
    return [coef.tolist() for coef in model.coefs_]


def chosen(found, prefix):
    """Those of a dict whose names begin with a prefix."""
    return {name: value for name, value in found.items() if name.startswith(prefix)}


def record(path, recorded):
    """Write what is recorded, beside what is there."""
    before = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    path.write_text(json.dumps(before | recorded), encoding="utf-8")


def write_models(folder, prefix):
    """Write a file of each model, and what it predicts."""
    recorded = {}
    for name, model in chosen(models(), prefix).items():
        save(model, folder / f"{name}.relu")
        recorded[name] = predictions(name, model)
    record(folder / "predictions.json", recorded)


def write_objects(folder, prefix):
    """Write a pickle, a joblib dump and a skops file of each model, and of what holds models."""
    import skops.io

    for name, model in chosen(models(), prefix).items():
        (folder / f"{name}.pkl").write_bytes(pickle.dumps(model, protocol=4))
        joblib.dump(model, folder / f"{name}.joblib")
        skops.io.dump(model, folder / f"{name}.skops")
    recorded = {}
    for name, model in chosen(objects(), prefix).items():
        (folder / f"{name}.pkl").write_bytes(pickle.dumps(model, protocol=4))
        joblib.dump(model, folder / f"{name}.joblib")
        recorded[name] = predictions(name, model)
    record(folder / "objects.json", recorded)


def write_checkpoints(folder, prefix):
    """Write checkpoints of interrupted fits and of a stream, and what whole ones came to."""
    recorded = {}
    for name, (model, data, more) in chosen(fits(), prefix).items():
        model.set_callbacks(Checkpoint(folder / f"{name}.ckpt"), Interrupt(4))
        try:
            model.fit(*data, **more)
        except KeyboardInterrupt:
            assert model.n_iter_ == 4
        recorded[name] = coefs(fits()[name][0].fit(*data, **more))
    if "stream".startswith(prefix):
        recorded["stream"] = write_stream(folder)
    record(folder / "checkpoints.json", recorded)


def write_stream(folder):
    """Write a checkpoint of a stream after three batches, and give what six came to."""
    stream = MLPRegressor(**SMALL).set_callbacks(Checkpoint(folder / "stream.ckpt"))
    for i in range(6):
        stream.partial_fit(X[i::6], X[i::6, 0])
        if i == 2:
            stream.set_callbacks()
    return coefs(stream)


def main(version, prefix=""):
    """Write all files, or those whose names begin with a prefix, into a folder."""
    warnings.simplefilter("ignore")
    folder = FOLDER / version
    folder.mkdir(exist_ok=version.startswith("unreleased"))
    write_models(folder, prefix)
    write_objects(folder, prefix)
    write_checkpoints(folder, prefix)


if __name__ == "__main__":
    main(*sys.argv[1:])
