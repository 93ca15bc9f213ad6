"""Searches on a cluster of two worker processes, and training from dask arrays."""

import os

import dask.array as da
import numpy as np
import pytest
from distributed import Client, LocalCluster
from joblib import parallel_config
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_relu import MLPClassifier, compare, lockstep

X, Y = load_breast_cancer(return_X_y=True)
SCALED = StandardScaler().fit_transform(X)
GRID = {
    "mlpclassifier__learning_rate_init": [0.001, 0.01],
    "mlpclassifier__activation": ["relu", "elu"],
}

# Fits of a few epochs are worse than a constant, and say so.
pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore:(?s).*worse than a constant:sklearn_relu.TrainingWarning"),
]


@pytest.fixture(scope="module")
def cluster():
    """Two workers, each a process with one thread."""
    with (
        LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as local,
        Client(local) as client,
    ):
        yield client


def search(**params):
    network = MLPClassifier((8,), batch_size=50, max_iter=5, random_state=0)
    return GridSearchCV(make_pipeline(StandardScaler(), network), GRID, cv=3, **params)


def where(model, X, y):
    """A scorer that tells in which process it runs."""
    return os.getpid()


def results(fitted):
    """What does not depend on the time that fits take."""
    return {k: v for k, v in fitted.cv_results_.items() if not k.endswith("_time")}


@pytest.fixture(scope="module")
def local():
    return search().fit(X, Y)


def test_a_search_on_a_cluster_finds_what_it_finds_at_home(cluster, local):
    with parallel_config("dask"):
        remote = search(scoring={"accuracy": "accuracy", "where": where}, refit="accuracy")
        remote.fit(X, Y)
    scores = [remote.cv_results_[f"split{i}_test_accuracy"] for i in range(3)]
    expected = [local.cv_results_[f"split{i}_test_score"] for i in range(3)]
    np.testing.assert_array_equal(scores, expected)
    for ours, theirs in zip(
        local.best_estimator_[-1].coefs_, remote.best_estimator_[-1].coefs_, strict=True
    ):
        np.testing.assert_array_equal(ours, theirs)
    workers = set(cluster.run(os.getpid).values())
    used = {pid for i in range(3) for pid in remote.cv_results_[f"split{i}_test_where"]}
    assert len(workers) == 2
    assert used == workers


def test_models_that_were_fitted_on_workers_come_back_whole(cluster):
    model = MLPClassifier((8,), max_iter=3, random_state=0)
    at_home = cross_validate(model, SCALED, Y, cv=2, return_estimator=True)["estimator"]
    with parallel_config("dask"):
        back = cross_validate(model, SCALED, Y, cv=2, return_estimator=True)["estimator"]
    for ours, theirs in zip(at_home, back, strict=True):
        np.testing.assert_array_equal(ours.predict_proba(SCALED), theirs.predict_proba(SCALED))


def test_compare_leaves_its_fits_to_the_cluster(cluster):
    options = {"networks": [(4,)], "folds": 2, "max_iter": 3, "baselines": ()}
    at_home = compare(X, Y, **options)
    with parallel_config("dask"):
        remote = compare(X, Y, **options)
    assert at_home.stack_sizes_ == [2, 2, 2]
    assert remote.stack_sizes_ == []
    ours, theirs = results(at_home), results(remote)
    assert ours.keys() == theirs.keys()
    for name, values in ours.items():
        if not name.startswith("param"):
            np.testing.assert_array_equal(values, theirs[name], err_msg=name)


@pytest.mark.parametrize("order", ["lockstep within dask", "dask within lockstep"])
def test_the_innermost_context_says_where_fits_run(cluster, local, order):
    if order == "lockstep within dask":
        with parallel_config("dask"), lockstep() as stacks:
            found = search().fit(X, Y)
    else:
        with lockstep() as stacks, parallel_config("dask"):
            found = search().fit(X, Y)
    assert sum(stacks.sizes) == (12 if order == "lockstep within dask" else 0)
    np.testing.assert_array_equal(
        found.cv_results_["mean_test_score"], local.cv_results_["mean_test_score"]
    )


def test_partial_fit_over_the_blocks_of_a_dask_array_is_that_over_slices():
    features, labels = da.from_array(SCALED, chunks=(100, -1)), da.from_array(Y, chunks=100)

    def network():
        return MLPClassifier((8,), batch_size=50, random_state=0)

    from_dask, from_slices = network(), network()
    for _ in range(2):
        for rows, answers in zip(features.blocks, labels.blocks, strict=True):
            from_dask.partial_fit(rows.compute(), answers.compute(), classes=[0, 1])
        for start in range(0, len(X), 100):
            rows = slice(start, start + 100)
            from_slices.partial_fit(SCALED[rows], Y[rows], classes=[0, 1])
    np.testing.assert_array_equal(from_dask.coefs_[0], from_slices.coefs_[0])
    lazy = features.map_blocks(from_dask.predict, drop_axis=1, dtype=int)
    np.testing.assert_array_equal(lazy.compute(), from_slices.predict(SCALED))


def test_fit_takes_a_dask_array_that_fits_in_memory():
    features = da.from_array(SCALED, chunks=(100, -1))
    ours = MLPClassifier((8,), max_iter=2, random_state=0).fit(features, da.from_array(Y))
    plain = MLPClassifier((8,), max_iter=2, random_state=0).fit(SCALED, Y)
    np.testing.assert_array_equal(ours.coefs_[0], plain.coefs_[0])
