"""Hidden layers that have learned from rows without targets, before the network trains."""

import pickle
import re
import warnings

import numpy as np
import pandas as pd
import pytest
import sklearn
from helpers import assert_same_model
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV, KFold, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_relu import RBM, Autoencoder, MLPClassifier, MLPRegressor, load, lockstep, save
from sklearn_relu.activations import ACTIVATIONS, LeakyReLU
from sklearn_relu.estimators.pretrainers import PRETRAININGS
from sklearn_relu.inspection import HiddenLayer

X, Y = load_digits(return_X_y=True)
X, X_UNLABELED, Y, _ = train_test_split(X[:, 8:40] / 16, Y, train_size=100, random_state=0)
X_UNLABELED = X_UNLABELED[:60]
SMALL = {"hidden_layer_sizes": (12, 7), "max_iter": 3, "random_state": 0}
QUICK = Autoencoder(max_iter=2, batch_size=50)
BOTH = pytest.mark.parametrize("cls", [MLPClassifier, MLPRegressor])
STANDS_STILL = {"solver": "sgd", "learning_rate_init": 1e-300, "alpha": 0.0}
"""The network after a fit is that before it."""

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    # Fits of a few epochs are worse than a constant, and say so.
    pytest.mark.filterwarnings("ignore::sklearn_relu.TrainingWarning"),
]


def drawn_seeds(monkeypatch):
    """A list that gets the generator's seed of each autoencoder that is fitted from now on."""
    found, fit = [], Autoencoder.fit

    def noting(self, X, *args):
        found.append(self.random_state)
        return fit(self, X, *args)

    monkeypatch.setattr(Autoencoder, "fit", noting)
    return found


@BOTH
@pytest.mark.parametrize("activation", ["relu", "tanh", "prelu", "maxout", "crelu"])
def test_each_layer_is_an_autoencoders_of_what_those_before_it_give(cls, activation, monkeypatch):
    seeds = drawn_seeds(monkeypatch)
    model = cls(**SMALL, **STANDS_STILL, activation=activation, pretraining=QUICK).fit(X, Y)
    assert len(set(seeds)) == 2
    reads = X
    for i, (size, seed) in enumerate(zip((12, 7), seeds.copy(), strict=True)):
        encoder = clone(QUICK).set_params(
            hidden_layer_sizes=(size,), activation=activation, random_state=seed
        )
        encoder.fit(reads)
        np.testing.assert_array_equal(encoder.coefs_[0], model.coefs_[i])
        np.testing.assert_array_equal(encoder.intercepts_[0], model.intercepts_[i])
        assert encoder.history_["loss"] == model.pretraining_history_[i]["loss"]
        reads = encoder.transform(reads)


MACHINE = RBM(n_iter=2, batch_size=20)


@BOTH
@pytest.mark.parametrize(
    ("activation", "hidden"),
    [("relu", "nrelu"), ("prelu", "nrelu"), ("leaky_relu", "nrelu"), ("logistic", "binary")],
)
@pytest.mark.parametrize("scaled", [False, True])
def test_each_layer_is_a_machines_of_what_those_before_it_give(cls, activation, hidden, scaled):
    rows = StandardScaler().fit_transform(X) if scaled else X
    model = cls(**SMALL, **STANDS_STILL, activation=activation, pretraining=MACHINE).fit(rows, Y)
    codes = HiddenLayer(model, layer=0).fit(rows, Y).transform(rows)
    of_codes = "binary" if hidden == "binary" else "gaussian"
    kinds = "gaussian" if scaled else "binary", of_codes
    seeds = seeds_of(model, rows)
    for i, (reads, visible) in enumerate(zip((rows, codes), kinds, strict=True)):
        machine = clone(MACHINE).set_params(
            n_components=(12, 7)[i],
            hidden=hidden,
            visible=visible,
            learning_rate={"binary": 0.05, "gaussian": 0.001}[visible],
            random_state=seeds[i],
        )
        standard = standardized(reads) if i and visible == "gaussian" else reads
        machine.fit(standard)
        sums = reads @ model.coefs_[i] + model.intercepts_[i]
        expected = standard @ machine.components_.T + machine.intercept_hidden_
        np.testing.assert_allclose(sums, expected, rtol=1e-6, atol=1e-9)
        assert model.pretraining_history_[i].keys() == {"reconstruction_error", "seconds"}


def standardized(codes):
    """Codes as Gaussian units stand for them: those that hardly vary are 0."""
    deviation = codes.std(axis=0)
    varies = deviation > 0.1 * np.sqrt(np.mean(deviation**2))
    return (codes - codes.mean(axis=0)) * np.where(varies, 1 / np.where(varies, deviation, 1), 0)


def seeds_of(model, rows):
    """The seeds that pre-training of a network's layers by machines draws."""
    found, fit = [], RBM.fit

    def noting(self, X, *args):
        found.append(self.random_state)
        return fit(self, X, *args)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RBM, "fit", noting)
        clone(model).fit(rows, Y)
    return found


@pytest.mark.parametrize("activation", ["tanh", "gelu", "identity", ["relu", "elu"]])
def test_machines_refuse_activations_that_are_no_mean_of_theirs(activation):
    model = MLPClassifier(**SMALL, activation=activation, pretraining="rbm")
    last = ACTIVATIONS[activation[-1] if isinstance(activation, list) else activation]()
    message = f"activation={last!r} has neither. Use pretraining='autoencoder'"
    with pytest.raises(ValueError, match=re.escape(message)):
        model.fit(X, Y)


@BOTH
def test_nothing_else_is_drawn_otherwise(cls):
    plain = cls(**SMALL, **STANDS_STILL, initialization="he_normal").fit(X, Y)
    model = clone(plain).set_params(pretraining=QUICK).fit(X, Y)
    np.testing.assert_array_equal(model.coefs_[-1], plain.coefs_[-1])
    np.testing.assert_allclose(model.intercepts_[-1], plain.intercepts_[-1], atol=1e-290)
    for one, two in zip(model.coefs_[:-1], plain.coefs_[:-1], strict=True):
        assert not np.isclose(one, two).any()
    rng, same = np.random.RandomState(5), np.random.RandomState(5)
    clone(model).set_params(random_state=rng).fit(X, Y)
    clone(plain).set_params(random_state=same).fit(X, Y)
    # clone copies generators: these two were not drawn from.
    np.testing.assert_array_equal(rng.randint(100, size=3), same.randint(100, size=3))


@pytest.mark.parametrize("name", PRETRAININGS)
def test_a_name_is_an_estimator(name):
    data = X[:40], Y[:40]
    by_name = MLPClassifier((5,), max_iter=2, random_state=0, pretraining=name).fit(*data)
    estimator = PRETRAININGS[name].by_default()
    by_part = clone(by_name).set_params(pretraining=estimator).fit(*data)
    assert_same_model(by_name, by_part)
    assert by_name.pretraining == name
    assert not hasattr(estimator, "coefs_")


@BOTH
def test_rows_without_targets_are_learned_from_too(cls):
    everything = np.concatenate([X, X_UNLABELED])
    labels = np.concatenate([Y, np.zeros(len(X_UNLABELED))])
    model = cls(**SMALL, **STANDS_STILL, pretraining=QUICK)
    semi = clone(model).fit(X, Y, X_unlabeled=X_UNLABELED)
    full = clone(model).fit(everything, labels)
    without = clone(model).fit(X, Y)
    for i in range(2):
        np.testing.assert_array_equal(semi.coefs_[i], full.coefs_[i])
        assert not np.isclose(semi.coefs_[i], without.coefs_[i]).all()
    assert semi.n_features_in_ == X.shape[1]


def test_neither_held_out_rows_nor_those_of_weight_0_are_learned_from():
    model = MLPClassifier(**SMALL, **STANDS_STILL, pretraining=QUICK, early_stopping=True)
    weight = np.where(np.arange(len(X)) % 4, 1.0, 0.0)
    counts = weight > 0
    some = clone(model).fit(X, Y, weight, X_val=X_UNLABELED, y_val=Y[:60])
    other = np.where(counts[:, None], X, 99.0)
    same = clone(model).fit(other, Y, weight, X_val=X_UNLABELED + 1, y_val=Y[:60])
    alone = clone(model).fit(X[counts], Y[counts], X_val=X_UNLABELED, y_val=Y[:60])
    for i in range(2):
        np.testing.assert_array_equal(some.coefs_[i], same.coefs_[i])
        np.testing.assert_array_equal(some.coefs_[i], alone.coefs_[i])


def test_each_network_of_an_ensemble_has_its_own():
    model = MLPClassifier(**SMALL, ensemble_size=3, pretraining=QUICK, initialization="sklearn")
    model = model.set_params(**STANDS_STILL).fit(X, Y)
    assert len(model.pretraining_history_) == 3
    assert all(len(layers) == 2 for layers in model.pretraining_history_)
    first, second, _ = model.coefs_[0]
    assert not np.isclose(first, second).any()
    seed = np.random.RandomState(0).randint(np.iinfo(np.int32).max, size=3)[1]
    alone = clone(model).set_params(ensemble_size=1, random_state=seed).fit(X, Y)
    np.testing.assert_array_equal(alone.coefs_[0], second)
    np.testing.assert_array_equal(alone.coefs_[1], model.coefs_[1][1])


def test_machines_in_lockstep_are_those_alone():
    model = MLPClassifier(**SMALL, pretraining=MACHINE)
    grid = {"learning_rate_init": [0.01, 0.1]}
    alone = GridSearchCV(model, grid, cv=3).fit(X, Y)
    with lockstep() as stacks:
        gathered = GridSearchCV(model, grid, cv=3, n_jobs=2).fit(X, Y)
    assert_same_model(alone.best_estimator_, gathered.best_estimator_)
    assert sum(stacks.sizes) == stacks.n_trained() == 6


@pytest.mark.parametrize("together", [1, 4])
def test_fits_in_lockstep_are_those_alone(together):
    model = MLPClassifier(**SMALL, pretraining=QUICK)
    grid = {"pretraining__max_iter": [1, 2], "learning_rate_init": [0.01, 0.1]}
    alone = GridSearchCV(model, grid, cv=3).fit(X, Y)
    with lockstep() as stacks:
        gathered = GridSearchCV(model, grid, cv=3, n_jobs=together).fit(X, Y)
    assert_same_model(alone.best_estimator_, gathered.best_estimator_)
    for name in ("split0_test_score", "split2_test_score"):
        np.testing.assert_array_equal(alone.cv_results_[name], gathered.cv_results_[name])
    # Two layers of 12 fits, and the networks themselves.
    assert sum(stacks.sizes) == 3 * 12
    assert max(stacks.sizes) > 1
    assert stacks.n_trained() == pytest.approx(12)


def test_training_that_goes_on_does_not_begin_with_it_again():
    model = MLPClassifier(**SMALL, pretraining=QUICK, warm_start=True).fit(X, Y)
    longer = MLPClassifier(**SMALL | {"max_iter": 6}, pretraining=QUICK).fit(X, Y)
    history = model.pretraining_history_
    model.fit(X, Y)
    assert model.pretraining_history_ is history
    for one, two in zip(model.coefs_, longer.coefs_, strict=True):
        np.testing.assert_array_equal(one, two)


def test_a_stream_goes_on_after_a_fit_but_does_not_begin():
    model = MLPClassifier(**SMALL, pretraining=QUICK)
    with pytest.raises(ValueError, match="partial_fit cannot begin with pretraining=Auto"):
        model.partial_fit(X, Y, classes=range(10))
    history = model.fit(X, Y).pretraining_history_
    assert model.partial_fit(X, Y).pretraining_history_ is history


def test_another_fit_without_it_has_no_history():
    model = MLPClassifier(**SMALL, pretraining=QUICK).fit(X, Y)
    plain = MLPClassifier(**SMALL).fit(X, Y)
    model.set_params(pretraining=None).fit(X, Y)
    assert not hasattr(model, "pretraining_history_")
    assert_same_model(model, plain)


def test_no_hidden_layers_have_nothing_to_learn():
    plain = MLPClassifier((), max_iter=2, random_state=0).fit(X, Y)
    model = MLPClassifier((), max_iter=2, random_state=0, pretraining=QUICK).fit(X, Y)
    assert model.pretraining_history_ == []
    assert_same_model(model, plain)


@BOTH
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("n_rows", "n_columns"), [(100, 32), (2, 3), (5, 1)])
def test_sizes_and_precisions(cls, dtype, n_rows, n_columns):
    rows = np.random.RandomState(1).rand(n_rows, n_columns).astype(dtype)
    targets = np.arange(n_rows) % 2
    pretraining = Autoencoder(max_iter=2)
    model = cls(hidden_layer_sizes=(4, 3), max_iter=2, random_state=0, pretraining=pretraining)
    model.fit(rows, targets, X_unlabeled=rows[:1].astype(np.float64))
    assert {coef.dtype for coef in model.coefs_} == {np.dtype(dtype)}
    rows.flags.writeable = False
    again = clone(model).fit(rows, targets, X_unlabeled=rows[:1])
    assert_same_model(model, again)


def test_sparse_rows_and_frames():
    model = MLPClassifier(**SMALL, pretraining=QUICK)
    dense = clone(model).fit(X, Y, X_unlabeled=X_UNLABELED)
    for one, other in [
        (csr_array(X), csr_array(X_UNLABELED)),
        (X, csr_array(X_UNLABELED)),
        (csr_array(X), X_UNLABELED),
    ]:
        sparse = clone(model).fit(one, Y, X_unlabeled=other)
        np.testing.assert_allclose(sparse.coefs_[0], dense.coefs_[0], rtol=1e-6, atol=1e-8)
    names = [f"pixel {i}" for i in range(X.shape[1])]
    frame, unlabeled = pd.DataFrame(X, columns=names), pd.DataFrame(X_UNLABELED, columns=names)
    assert_same_model(clone(model).fit(frame, Y, X_unlabeled=unlabeled), dense)
    with pytest.raises(ValueError, match=r"(?s)In X_unlabeled: .*names"):
        clone(model).fit(frame, Y, X_unlabeled=unlabeled[names[::-1]])


def test_numpy_scalars_are_python_numbers():
    model = MLPClassifier(**SMALL, pretraining=Autoencoder(max_iter=2, corruption="masking"))
    scalars = clone(model).set_params(
        pretraining__max_iter=np.int64(2), pretraining__corruption_level=np.float64(0.25)
    )
    assert_same_model(model.fit(X, Y), scalars.fit(X, Y))


WRONG = {
    "an unknown name": (
        "dbn",
        r"pretraining must be one of \['autoencoder', 'rbm'\], Autoencoder",
    ),
    "another spelling": ("Autoencoder", "Did you mean 'autoencoder'"),
    "another spelling of a machine": ("RBM", "Did you mean 'rbm'"),
    "a wrong kind of units": (RBM(hidden="relu"), "Did you mean 'nrelu'"),
    "a class": (Autoencoder, r"That is a class: pass an instance, Autoencoder\(\)"),
    "another estimator": (StandardScaler(), "pretraining must be one of"),
    "a wrong parameter": (Autoencoder(max_iter=0), "max_iter"),
    "a wrong part": (Autoencoder(solver="adan"), "solver must be one of"),
    "a wrong level": (
        Autoencoder(corruption="masking", corruption_level=1.5),
        "In pretraining, layer 1 of 2: corruption_level=1.5",
    ),
    "a loss that does not fit": (
        Autoencoder(loss="log_loss", max_iter=1),
        r"In pretraining, layer 2 of 2: .*\[0, 1\]",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_used_is_an_error_that_names_it(case):
    value, message = WRONG[case]
    model = MLPClassifier(**SMALL, pretraining=value)
    before = vars(model).copy()
    with pytest.raises(ValueError, match=f"(?s){message}"):
        model.fit(X, Y)
    assert vars(model) == before


def test_unlabeled_rows_that_do_not_fit_are_an_error():
    model = MLPClassifier(**SMALL, pretraining=QUICK)
    with pytest.raises(ValueError, match=r"In X_unlabeled: X has 31 features, but .* 32"):
        model.fit(X, Y, X_unlabeled=X_UNLABELED[:, 1:])
    with pytest.raises(ValueError, match=r"In X_unlabeled: .*NaN"):
        model.fit(X, Y, X_unlabeled=np.where(X_UNLABELED > 0.9, np.nan, X_UNLABELED))
    with pytest.raises(ValueError, match="X_unlabeled is for pretraining, and pretraining=None"):
        model.set_params(pretraining=None).fit(X, Y, X_unlabeled=X_UNLABELED)
    with pytest.raises(TypeError, match="positional"):
        model.fit(X, Y, None, None, None, None, X_UNLABELED)


def test_nested_parameters_turn_a_name_into_its_estimator():
    model = MLPClassifier(pretraining="autoencoder").set_params(pretraining__corruption_level=0.5)
    assert model.pretraining.corruption_level == 0.5
    assert model.pretraining.corruption == "masking"
    model = MLPClassifier().set_params(pretraining="autoencoder", pretraining__max_iter=1)
    assert model.pretraining.max_iter == 1
    with pytest.raises(ValueError, match=r"pretraining must be one of .* got None"):
        MLPClassifier().set_params(pretraining__max_iter=1)
    with pytest.raises(ValueError, match="Invalid parameter 'epochs'"):
        MLPClassifier(pretraining="autoencoder").set_params(pretraining__epochs=1)
    grid = {"pretraining__corruption_level": [0.1, 0.4], "pretraining__max_iter": [1]}
    search = GridSearchCV(MLPClassifier(**SMALL, pretraining="autoencoder"), grid, cv=2)
    assert search.fit(X, Y).best_estimator_.pretraining.max_iter == 1


@pytest.mark.parametrize("routed", [True, False])
@pytest.mark.parametrize("n_unlabeled", [40, 100])
def test_a_search_hands_unlabeled_rows_on(routed, n_unlabeled):
    """All of them to each fit; but as many as there are rows of X count as rows of X."""
    unlabeled = np.concatenate([X_UNLABELED, X_UNLABELED])[:n_unlabeled]
    model = MLPClassifier(**SMALL, pretraining=QUICK)
    with sklearn.config_context(enable_metadata_routing=routed):
        if routed:
            model.set_fit_request(X_unlabeled=True)
        search = GridSearchCV(model, {"learning_rate_init": [0.1]}, cv=KFold(2))
        search.fit(X, Y, X_unlabeled=unlabeled)
    for fold, (train, test) in enumerate(KFold(2).split(X)):
        rows = unlabeled[train] if n_unlabeled == len(X) else unlabeled
        alone = clone(model).set_params(learning_rate_init=0.1)
        alone.fit(X[train], Y[train], X_unlabeled=rows)
        score = search.cv_results_[f"split{fold}_test_score"][0]
        assert score == alone.score(X[test], Y[test])


def test_a_pipeline_scales_unlabeled_rows_if_it_is_told_to():
    model = MLPClassifier(**SMALL, pretraining=QUICK)
    scaler = StandardScaler().fit(X)
    expected = clone(model).fit(scaler.transform(X), Y, X_unlabeled=scaler.transform(X_UNLABELED))
    with sklearn.config_context(enable_metadata_routing=True):
        model.set_fit_request(X_unlabeled=True)
        pipeline = make_pipeline(StandardScaler(), model, transform_input=["X_unlabeled"])
        pipeline.fit(X, Y, X_unlabeled=X_UNLABELED)
    assert_same_model(pipeline[-1], expected)


def test_lines_of_the_log_name_the_layer(capsys):
    MLPClassifier(**SMALL, pretraining=QUICK, verbose=True).fit(X, Y)
    lines = capsys.readouterr().out.splitlines()
    expected = [f"Pre-training, layer {i} of 2: Iteration {j}" for i in (1, 2) for j in (1, 2)]
    expected += [f"Iteration {j}" for j in (1, 2, 3)]
    assert [line.partition(", loss")[0] for line in lines][: len(expected)] == expected
    MLPClassifier(**SMALL, pretraining=MACHINE, verbose=True).fit(X, Y)
    lines = capsys.readouterr().out.splitlines()
    assert lines[2].startswith("Pre-training, layer 2 of 2: Iteration 1, reconstruction error")
    ensemble = MLPClassifier(**SMALL, pretraining=QUICK, verbose=True, ensemble_size=2)
    ensemble.fit(X, Y)
    assert "Pre-training, network 2 of 2, layer 1 of 2: Iter" in capsys.readouterr().out


def test_warnings_name_the_layer():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        MLPClassifier(**SMALL, pretraining=QUICK).fit(X, Y)
    messages = [str(each.message) for each in caught]
    assert any(each.startswith("Pre-training, layer 2 of 2: Stochastic") for each in messages)
    assert any(re.match("Pre-training, layer 1 of 2: On its own", each) for each in messages)


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_the_time_limit_counts_pretraining(solver):
    model = MLPClassifier(**SMALL | {"max_iter": 50}, solver=solver, time_limit=1e-9)
    model.set_params(pretraining=QUICK).fit(X, Y)
    assert [len(each["loss"]) for each in model.pretraining_history_] == [1]
    assert model.n_iter_ == 1
    plenty = clone(model).set_params(time_limit=1e9, max_iter=2).fit(X, Y)
    assert [len(each["loss"]) for each in plenty.pretraining_history_] == [2, 2]
    assert plenty.n_iter_ == 2


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError])
def test_what_ends_pretraining_leaves_the_estimator_as_it_was(monkeypatch, error):
    model = MLPClassifier(**SMALL).fit(X, Y)
    model.set_params(pretraining=QUICK)
    before = vars(model).copy()
    fit = Autoencoder.fit

    def failing(self, X, *args):
        if X.shape[1] == 12:
            raise error
        return fit(self, X, *args)

    monkeypatch.setattr(Autoencoder, "fit", failing)
    with pytest.raises(error):
        model.fit(X, Y)
    assert vars(model) == before


def test_files_and_pickles_hold_it(tmp_path):
    part = Autoencoder(max_iter=2, corruption="gaussian", solver="sgd")
    model = MLPClassifier(
        **SMALL, activation=LeakyReLU(0.2), pretraining=part, warm_start=True
    ).fit(X, Y, X_unlabeled=X_UNLABELED)
    save(model, tmp_path / "model.relu")
    expected = clone(model).fit(X, Y, X_unlabeled=X_UNLABELED).fit(X, Y)
    for again in (load(tmp_path / "model.relu"), pickle.loads(pickle.dumps(model))):
        assert repr(again) == repr(model)
        for one, two in zip(again.pretraining_history_, model.pretraining_history_, strict=True):
            np.testing.assert_equal(one, two)
        assert_same_model(again, model)
        assert_same_model(again.fit(X, Y), expected)


def test_a_pickle_without_the_parameter_has_its_default():
    state = MLPClassifier(**SMALL).fit(X, Y).__getstate__()
    del state["pretraining"]
    model = MLPClassifier.__new__(MLPClassifier)
    model.__setstate__(state)
    assert model.pretraining is None
    model.fit(X, Y)
