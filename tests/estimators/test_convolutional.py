"""Convolutional networks: what X may be, blocks, what is fitted, and what is refused."""

import copy
import pickle
import tracemalloc
import warnings

import numpy as np
import pytest
import versions
from scipy.signal import correlate2d
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sklearn_relu import (
    CNNClassifier,
    CNNRegressor,
    MLPClassifier,
    TrainingWarning,
    activation_report,
    gradient_report,
    load,
    lockstep,
    save,
    to_onnx,
)
from sklearn_relu.activations import PReLU
from sklearn_relu.callbacks import Checkpoint
from sklearn_relu.comparison.inside import look_inside
from sklearn_relu.displays import FeatureMapsDisplay, FiltersDisplay, OcclusionDisplay
from sklearn_relu.estimators import ESTIMATORS
from sklearn_relu.inspection import HiddenLayer, occlusion_map, signal_report, verdict
from sklearn_relu.layers import AveragePooling, ChannelsLast, Convolution, MaxPooling

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore::sklearn_relu.TrainingWarning"),
]

DIGITS = load_digits()
IMAGES, Y = DIGITS.images[:200] / 16, DIGITS.target[:200]
ROWS = IMAGES.reshape(200, 64)
DRAW = np.random.default_rng(0)
COLOURS = DRAW.normal(size=(60, 6, 5, 3))
CLASSES = (COLOURS[:, :3, :, 0].mean(axis=(1, 2)) > 0).astype(int)
SMALL = {"filters": (3, 4), "max_iter": 2, "random_state": 0}


def case(value):
    """A part of a test's name."""
    if isinstance(value, list):
        return "list"
    return f"{value.shape}-{value.dtype}" if isinstance(value, np.ndarray) else str(value)


def small(**params):
    return CNNClassifier(**SMALL | params)


def assert_same(one, other):
    for name in ("coefs_", "intercepts_"):
        for first, second in zip(getattr(one, name), getattr(other, name), strict=True):
            np.testing.assert_array_equal(first, second)


# What X may be


@pytest.mark.parametrize(
    ("X", "params"),
    [
        (IMAGES[..., None], {}),
        (IMAGES[:, None], {"channels_first": True}),
        (ROWS, {"image_shape": (8, 8)}),
        (ROWS, {"image_shape": (8, 8, 1)}),
        (ROWS, {"image_shape": np.array([8, 8])}),
        (ROWS, {"image_shape": [8, 8], "channels_first": True}),
        (IMAGES, {"image_shape": (8, 8)}),
        (IMAGES.tolist(), {}),
        (np.asfortranarray(IMAGES), {}),
        (np.repeat(IMAGES, 2, axis=0)[::2], {}),
    ],
    ids=case,
)
def test_images_come_in_many_forms(X, params):
    expected = small().fit(IMAGES, Y)
    model = small(**params).fit(X, Y)
    assert model.image_shape_ == (8, 8, 1)
    assert model.n_features_in_ == 64
    assert_same(model, expected)
    np.testing.assert_array_equal(model.predict_proba(X), expected.predict_proba(IMAGES))


def test_channels_come_first_or_last():
    last = small().fit(COLOURS, CLASSES)
    first = small(channels_first=True).fit(COLOURS.transpose(0, 3, 1, 2), CLASSES)
    flat = small(channels_first=True, image_shape=(6, 5, 3)).fit(
        COLOURS.transpose(0, 3, 1, 2).reshape(60, -1), CLASSES
    )
    assert last.image_shape_ == first.image_shape_ == flat.image_shape_ == (6, 5, 3)
    assert_same(first, last)
    assert_same(flat, last)
    expected = last.predict_proba(COLOURS)
    found = first.predict_proba(COLOURS.transpose(0, 3, 1, 2))
    np.testing.assert_array_equal(found, expected)
    # A fitted network reads what it was fitted on, whatever is set later.
    first.set_params(channels_first=False)
    np.testing.assert_array_equal(first.predict_proba(COLOURS.transpose(0, 3, 1, 2)), expected)


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.uint16, np.int16, bool])
def test_narrow_integers_compute_in_float32(dtype):
    pixels = (IMAGES * 16).astype(dtype)
    for params in ({}, {"early_stopping": True}, {"solver": "lbfgs"}, {"ensemble_size": 2}):
        model = small(**params).fit(pixels, Y)
        same = small(**params).fit(pixels.astype(np.float32), Y)
        assert model.coefs_[0].dtype == np.float32
        assert_same(model, same)
        proba = model.predict_proba(pixels)
        assert proba.dtype == np.float32
        np.testing.assert_array_equal(proba, same.predict_proba(pixels.astype(np.float32)))
    double = small(dtype="float64").fit(pixels, Y)
    assert double.coefs_[0].dtype == np.float64
    assert_same(double, small().fit(pixels.astype(np.float64), Y))


def test_other_numbers_compute_as_in_other_networks():
    assert small().fit(IMAGES.astype(np.float32), Y).coefs_[0].dtype == np.float32
    for dtype in (np.int32, np.int64, np.float64, object):
        assert small().fit((IMAGES * 16).astype(dtype), Y).coefs_[0].dtype == np.float64


def test_fits_of_several_dtypes_share_a_stack():
    pixels = (IMAGES * 16).astype(np.uint8)
    weight = np.ones(200)
    weight[::3] = 0

    def fits():
        return [
            small().fit(pixels, Y, sample_weight=weight),
            small().fit(pixels.astype(np.float32), Y, sample_weight=weight),
        ]

    assert_same(*fits())


@pytest.mark.slow
def test_an_array_of_bytes_is_never_copied_as_a_whole():
    pixels = DRAW.integers(0, 256, (12000, 16, 16), dtype=np.uint8)
    y = np.arange(12000) % 2
    model = CNNClassifier((2,), max_iter=1, batch_size=50, random_state=0)

    def peak_of(call):
        call()
        tracemalloc.start()
        call()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    few, many = (peak_of(lambda n=n: clone(model).fit(pixels[:n], y[:n])) for n in (4000, 12000))
    assert many - few < 0.1 * pixels[4000:].nbytes
    model.fit(pixels, y)
    few, many = (peak_of(lambda n=n: model.predict_proba(pixels[:n])) for n in (4000, 12000))
    assert many - few < 0.2 * pixels[4000:].nbytes


def test_rows_are_series():
    X = DRAW.normal(size=(60, 20))
    model = small(kernel_size=5, pool_size=3).fit(X, CLASSES)
    assert model.image_shape_ == (1, 20, 1)
    assert model.layer_shapes_ == [(1, 20, 3), (1, 7, 3), (1, 7, 4), (1, 3, 4), (1,)]
    assert [each.shape for each in model.filters_] == [(1, 5, 1, 3), (1, 5, 3, 4)]
    valid = small(kernel_size=3, padding="valid").fit(X, CLASSES)
    assert valid.layer_shapes_ == [(1, 18, 3), (1, 9, 3), (1, 7, 4), (1, 3, 4), (1,)]


@pytest.mark.parametrize("shape", [(1, 1), (1, 2), (1, 3), (2, 2), (3, 1), (7, 2)])
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("n_rows", [1, 9])
def test_images_may_be_small(shape, channels, n_rows):
    X = DRAW.normal(size=(n_rows, *shape, channels))
    model = small(filters=(2, 2, 2), kernel_size=5).fit(X, np.arange(n_rows) % 2)
    assert model.predict_proba(X).shape[0] == n_rows
    assert np.isfinite(CNNRegressor((2,), max_iter=2).fit(X, np.arange(n_rows)).predict(X)).all()


def test_a_square_number_of_columns_is_asked_about_and_not_guessed():
    with pytest.warns(TrainingWarning, match=r"64 = 8 x 8.*image_shape=\(8, 8\).*\(1, 64\)"):
        model = small().fit(ROWS, Y)
    assert model.image_shape_ == (1, 64, 1)
    for X, params in (
        (ROWS, {"image_shape": (1, 64)}),
        (ROWS, {"image_shape": (8, 8)}),
        (ROWS[:, :63], {}),
        (ROWS[:, :49], {}),
        (IMAGES, {}),
    ):
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            small(**params).fit(X, Y)
        assert not any("columns" in str(each.message) for each in seen)


@pytest.mark.parametrize(
    "X",
    [
        IMAGES[:, :7],
        IMAGES[..., None].repeat(2, axis=3),
        IMAGES.transpose(0, 2, 1)[:, 1:],
        ROWS[:, 1:],
    ],
)
def test_images_of_another_shape_are_refused(X):
    model = small().fit(IMAGES, Y)
    expected = "is expecting (images of 8 x 8|64 features)"
    for call in (model.predict, model.predict_proba, model.feature_maps):
        with pytest.raises(ValueError, match=expected):
            call(X)
    for call in (
        lambda: model.partial_fit(X, Y),
        lambda: clone(model).set_params(warm_start=True).fit(IMAGES, Y).fit(X, Y),
        lambda: small().fit(IMAGES, Y, X_val=X, y_val=Y),
    ):
        with pytest.raises(ValueError, match=expected):
            call()


def test_series_are_no_images_of_as_many_pixels():
    model = small(image_shape=(1, 64)).fit(ROWS, Y)
    with pytest.raises(ValueError, match=r"images of 8 x 8, but .* expecting images of 1 x 64"):
        model.predict(IMAGES)


@pytest.mark.parametrize(
    ("X", "params", "message"),
    [
        (
            ROWS,
            {"image_shape": (8, 9)},
            r"image_shape=\(8, 9\) has 72 values, and X has 64 columns",
        ),
        (IMAGES, {"image_shape": (4, 16)}, "differs from the shape of X's images, 8 x 8"),
        (
            COLOURS.transpose(0, 3, 1, 2),
            {"image_shape": (6, 5, 3)},
            "3 x 6 x 5.* set channels_first=True",
        ),
        (COLOURS, {"image_shape": (6, 5, 3), "channels_first": True}, "set channels_first=False"),
        (ROWS, {"image_shape": (64,)}, r"must be \(rows, columns\)"),
        (ROWS, {"image_shape": (8.0, 8)}, r"must be \(rows, columns\)"),
        (ROWS, {"image_shape": (-8, -8)}, "whole numbers > 0"),
        (IMAGES[..., None, None], {}, "got an array of 5 dimensions"),
        (IMAGES[:, :0], {}, "Images must have pixels"),
        (IMAGES[:0], {}, r"0 sample\(s\)"),
        (np.where(IMAGES > 0.9, np.nan, IMAGES), {}, "contains NaN"),
        (IMAGES.astype(complex), {}, "Complex data"),
        (IMAGES[:10], {}, "inconsistent numbers of samples"),
    ],
    ids=case,
)
def test_what_is_no_image_is_refused(X, params, message):
    with pytest.raises(ValueError, match=message):
        small(**params).fit(X, Y[: len(COLOURS)] if len(X) == len(COLOURS) else Y)


def test_sparse_rows_are_refused():
    with pytest.raises(TypeError, match="dense data is required"):
        small().fit(csr_array(ROWS), Y)


def test_data_frames_have_names():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(ROWS.astype(np.float32)).add_prefix("pixel")
    model = small(image_shape=(8, 8)).fit(frame, Y)
    assert model.feature_names_in_[0] == "pixel0"
    assert model.coefs_[0].dtype == np.float32
    with pytest.raises(ValueError, match="feature names"):
        model.predict(frame[frame.columns[::-1]])


# Blocks


def test_layers_are_those_of_the_parameters():
    model = CNNClassifier(
        (4, 5, 6),
        [3, (1, 5), 2],
        (7,),
        ["relu", "maxout", "crelu", "tanh"],
        padding=["same", "valid", "same"],
        strides=[1, 1, (2, 1)],
        pooling=["max", None, "global_average"],
        pool_size=3,
        max_iter=1,
        random_state=0,
    ).fit(DRAW.normal(size=(30, 20, 21, 2)), np.arange(30) % 3)
    assert model.layer_shapes_ == [
        (20, 21, 4), (7, 7, 4), (7, 3, 5), (4, 3, 12), (1, 1, 12), (7,), (3,),
    ]  # fmt: skip
    assert [coef.shape for coef in model.coefs_] == [(18, 4), (20, 10), (20, 6), (12, 7), (7, 3)]
    assert [each.shape for each in model.filters_] == [(3, 3, 2, 4), (1, 5, 4, 10), (2, 2, 5, 6)]
    assert model.n_layers_ == 6 + 2
    kinds = [type(layer) for layer in model._fitted_layers()[:5]]
    assert kinds == [Convolution, MaxPooling, Convolution, Convolution, AveragePooling]


def test_filters_are_views_and_maps_are_their_correlations():
    model = small(kernel_size=3, activation="identity").fit(IMAGES, Y)
    filters = model.filters_[0]
    assert np.shares_memory(filters, model.coefs_[0])
    maps = model.feature_maps(IMAGES[:2])
    assert maps.shape == (2, 8, 8, 3)
    for image, of_image in zip(IMAGES, maps, strict=False):
        for k in range(3):
            expected = correlate2d(image, filters[..., 0, k], mode="same") + model.intercepts_[0][k]
            np.testing.assert_allclose(of_image[..., k], expected, atol=1e-12)
    assert model.feature_maps(IMAGES[:2], -1).shape == (2, 4, 4, 4)
    with pytest.raises(ValueError, match="block must be between -2 and 1"):
        model.feature_maps(IMAGES, 2)
    with pytest.raises(NotFittedError):
        small().feature_maps(IMAGES)
    assert not hasattr(small(), "filters_")
    several = small(ensemble_size=2).fit(IMAGES, Y)
    assert several.feature_maps(IMAGES[:5], 1).shape == (2, 5, 4, 4, 4)
    assert several.filters_[1].shape == (2, 3, 3, 3, 4)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        (
            {"padding": "valid", "kernel_size": 9},
            r"Block 1 would have no output: kernel_size=\(9, 9\) .* input, which is 8 x 8.*'same'",
        ),
        ({"padding": "valid", "pool_size": 7}, r"Block 1 .* pool_size=\(7, 7\).* 6 x 6"),
        ({"padding": "valid", "filters": (2, 2, 2)}, "Block 2 .* pool_size.* 1 x 1"),
        ({"filters": ()}, "at least one block"),
        ({"filters": (3, 0)}, "filters must be > 0"),
        ({"filters": (3.5,)}, "filters must hold one whole number of filters for each block"),
        ({"kernel_size": [3]}, "a list with one for each of 2"),
        ({"kernel_size": [3, 3, 3]}, "a list with one for each of 2"),
        ({"kernel_size": (3, 3, 3)}, "kernel_size must be one for all"),
        ({"kernel_size": (3, 0)}, r"kernel_size must be a whole number > 0 or a tuple"),
        ({"strides": [2.0, 1]}, "strides must be a whole number > 0"),
        ({"pool_size": [True, 2]}, "pool_size must be a whole number > 0"),
        ({"padding": "full"}, "padding must be one of 'same', 'valid'"),
        ({"pooling": "mean"}, "pooling must be one of 'max', 'average', 'global_average', None"),
        ({"pooling": ["max", 3]}, "pooling must be one of"),
        ({"pooling": "global_average"}, r"for the last block.*\('max', 'global_average'\)"),
        ({"normalization": "batch"}, "normalization must be one of 'local_contrast', None"),
        ({"spatial_dropout": [0.1]}, "spatial_dropout must be one for all"),
        ({"spatial_dropout": [0.1, 1.0]}, r"shares of filters to drop, in \[0, 1\)"),
        ({"spatial_dropout": 0.1, "solver": "lbfgs"}, "cannot take spatial_dropout=0.1"),
        ({"activation": ["relu"]}, "one for each; got 1 of them for 2 hidden layers"),
        ({"channels_first": 2}, "channels_first"),
    ],
    ids=case,
)
def test_mistakes_in_parameters_are_named_before_training(params, message):
    with pytest.raises(ValueError, match=message):
        small(**params).fit(IMAGES, Y)


PARAMETERS = {
    "filters": (np.int64(3), {}),
    "kernel_size": (np.int64(5), {}),
    "strides": (np.int16(2), {}),
    "pool_size": ((np.int64(2), np.uint8(3)), {}),
    "padding": (np.str_("valid"), {"kernel_size": 2}),
    "pooling": (np.str_("average"), {}),
    "normalization": (np.str_("local_contrast"), {}),
    "train_filters": (np.bool_(False), {}),
    "channels_first": (np.bool_(True), {}),
    "spatial_dropout": (np.float32(0.25), {}),
    "image_shape": (np.array([8, 8]), {}),
    "hidden_layer_sizes": (np.int64(5), {}),
}


@pytest.mark.parametrize("name", PARAMETERS)
def test_numpys_scalars_are_numbers_and_names(name, tmp_path):
    scalar, around = PARAMETERS[name]
    if isinstance(scalar, tuple):
        python = tuple(map(int, scalar))
    else:
        python = tuple(scalar.tolist()) if isinstance(scalar, np.ndarray) else scalar.item()
    model = small(**around | {name: scalar}).fit(IMAGES.astype(np.float32), Y)
    same = small(**around | {name: python}).fit(IMAGES.astype(np.float32), Y)
    assert model.coefs_[0].dtype == np.float32
    assert_same(model, same)
    save(model, tmp_path / "model.relu")
    found = load(tmp_path / "model.relu").predict_proba(IMAGES)
    np.testing.assert_array_equal(found, model.predict_proba(IMAGES))


def test_filters_that_are_not_trained_stay_as_they_are_drawn():
    for params in (
        {},
        {"solver": "lbfgs"},
        {"penalty": "l1", "alpha": 1.0, "max_norm": 0.01},
        {"activation": PReLU(), "channels_first": True, "gradient_clipping": 0.1},
        {"solver": "adamw", "normalization": "local_contrast", "dropout": 0.2},
    ):
        X = COLOURS
        model = small(train_filters=False, **params).set_params(max_iter=1)
        one = clone(model).fit(X, CLASSES)
        many = clone(model).set_params(max_iter=5).fit(X, CLASSES)
        for i in range(2):
            np.testing.assert_array_equal(one.coefs_[i], many.coefs_[i])
            np.testing.assert_array_equal(one.intercepts_[i], many.intercepts_[i])
        assert one.activation_parameters_[0].keys() == many.activation_parameters_[0].keys()
        assert (one.coefs_[2] != many.coefs_[2]).any()


def test_dropout_is_by_value_or_by_filter():
    by_value = small(dropout=0.5).fit(IMAGES, Y)
    by_filter = small(spatial_dropout=0.5).fit(IMAGES, Y)
    first = small(spatial_dropout=[0.5, 0.0], dropout=[0.0, 0.5]).fit(IMAGES, Y)
    models = [small().fit(IMAGES, Y), by_value, by_filter, first]
    for i, one in enumerate(models):
        for other in models[:i]:
            assert (one.coefs_[0] != other.coefs_[0]).any()
    # In a block where filters are dropped, single values are not.
    same = small(spatial_dropout=0.5, dropout=0.3).fit(IMAGES, Y)
    assert_same(same, by_filter)
    proba = by_filter.predict_proba(IMAGES)
    np.testing.assert_array_equal(proba, by_filter.predict_proba(IMAGES))


def test_it_learns_what_a_convolution_can():
    """A bar anywhere in the image, across or upright."""
    X = np.zeros((400, 9, 9))
    y, at = np.arange(400) % 2, DRAW.integers(1, 8, (400, 2))
    for image, label, (row, column) in zip(X, y, at, strict=True):
        image[
            (row, slice(column - 1, column + 2)) if label else (slice(row - 1, row + 2), column)
        ] = 1
    model = CNNClassifier((4,), pooling="global_average", random_state=0, max_iter=150)
    model.set_params(learning_rate_init=0.02).fit(X[:200], y[:200])
    assert model.score(X[200:], y[200:]) > 0.95


# In the house


def test_searches_take_images():
    grid = {
        "filters": [(3,), (2, 3)],
        "padding": ["same", "valid"],
        "pooling": ["average", None],
        "kernel_size": [2, (1, 2)],
        "activation": ["relu", "tanh"],
    }
    search = GridSearchCV(small(), grid, cv=2, error_score="raise").fit(IMAGES, Y)
    assert search.best_estimator_.predict(IMAGES).shape == (200,)
    scaled = make_pipeline(FunctionTransformer(np.sqrt), small())
    scores = cross_validate(scaled, IMAGES[..., None], Y, cv=3, error_score="raise")
    assert np.isfinite(scores["test_score"]).all()


@pytest.mark.parametrize("dtype", [np.float64, np.uint8])
def test_a_search_in_lockstep_gives_the_same_bits(dtype):
    X = (16 * IMAGES).astype(dtype)

    def search():
        grid = {"alpha": [1e-4, 1.0], "learning_rate_init": [0.001, 0.01]}
        model = small(normalization="local_contrast", spatial_dropout=0.2, train_filters=False)
        return GridSearchCV(model, grid, cv=2).fit(X, Y)

    alone = search()
    with lockstep() as stacks:
        together = search()
    assert max(stacks.sizes) > 1
    assert_same(together.best_estimator_, alone.best_estimator_)
    np.testing.assert_array_equal(
        together.cv_results_["mean_test_score"], alone.cv_results_["mean_test_score"]
    )


@pytest.mark.parametrize(
    "params", [{}, {"spatial_dropout": 0.3}, {"activation": "prelu"}, {"ensemble_size": 2}], ids=str
)
def test_calls_go_on_where_the_last_one_ended(params):
    whole = small(max_iter=4, **params).fit(IMAGES, Y)
    warm = small(warm_start=True, **params)
    assert_same(warm.fit(IMAGES, Y).fit(IMAGES, Y), whole)
    by_call = small(**params)
    for _ in range(4):
        by_call.partial_fit(IMAGES, Y, classes=np.arange(10))
    assert_same(by_call, whole)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"channels_first": True}, "channels_first has changed from False to True"),
        ({"image_shape": (4, 16)}, "image_shape=.* says another shape"),
        ({"filters": (3, 5)}, "its shape has changed"),
        ({"kernel_size": 5}, "its shape has changed"),
    ],
)
def test_a_network_does_not_go_on_as_another(params, message):
    model = small(warm_start=True).fit(IMAGES, Y).set_params(**params)
    with pytest.raises(ValueError, match=message):
        model.fit(ROWS, Y)


def test_parameters_set_after_a_fit_change_no_prediction():
    model = small().fit(IMAGES, Y)
    before = model.predict_proba(IMAGES)
    model.set_params(pooling="average", kernel_size=5, padding="valid", filters=(7,))
    model.set_params(image_shape=(4, 16), channels_first=True, normalization="local_contrast")
    np.testing.assert_array_equal(model.predict_proba(IMAGES), before)
    assert model.filters_[0].shape == (3, 3, 1, 3)


def test_an_array_that_was_assigned_must_fit():
    model = small().fit(IMAGES, Y)
    model.coefs_[1] = model.coefs_[1][1:]
    with pytest.raises(ValueError, match=r"coefs_\[1\] must be an array of shape \(27, 4\)"):
        model.predict(IMAGES)


def test_predictions_do_not_hang_on_how_many_rows_there_are():
    model = small().fit(IMAGES, Y)
    for_all = model.predict_proba(IMAGES)
    np.testing.assert_allclose(
        np.concatenate([model.predict_proba(image[None]) for image in IMAGES[:20]]),
        for_all[:20],
        rtol=1e-12,
    )


class Interrupt:
    """Ctrl-C after two epochs."""

    def setup(self, estimator, context):
        pass

    def teardown(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        pass

    def on_fit_task_end(self, estimator, context):
        if context.task_name == "epoch" and context.task_id == 1:
            raise KeyboardInterrupt


@versions.with_callbacks
@pytest.mark.parametrize("dtype", [np.float64, np.uint8])
def test_a_fit_goes_on_from_a_checkpoint(dtype, tmp_path):
    X = (16 * COLOURS).astype(dtype)
    model = small(max_iter=5, spatial_dropout=0.2, ensemble_size=2, early_stopping=True)
    whole = clone(model).fit(X, CLASSES)
    stopped = clone(model).set_callbacks(Checkpoint(tmp_path / "fit"), Interrupt())
    with pytest.raises(KeyboardInterrupt):
        stopped.fit(X, CLASSES)
    resumed = clone(model).set_callbacks(Checkpoint(tmp_path / "fit")).fit(X, CLASSES)
    assert_same(resumed, whole)
    assert resumed.validation_scores_ == whole.validation_scores_


@pytest.mark.parametrize(
    ("X", "params"),
    [
        (IMAGES, {}),
        (ROWS, {"image_shape": (8, 8)}),
        (COLOURS, {"strides": 2, "activation": ["crelu", "gelu"], "pool_size": 3}),
        (COLOURS, {"padding": "valid", "kernel_size": 2, "pool_size": (2, 3), "filters": (4,)}),
        (COLOURS, {"normalization": "local_contrast", "ensemble_size": 2, "pooling": "average"}),
        (COLOURS, {"pooling": ["max", "global_average"], "activation": "maxout"}),
        (COLOURS.transpose(0, 3, 1, 2), {"channels_first": True, "ensemble_size": 3}),
    ],
    ids=case,
)
def test_it_becomes_onnx(X, params):
    runtime = pytest.importorskip("onnxruntime", "1.21")  # which knows operators of opset 22
    pytest.importorskip("skl2onnx")
    X = X.astype(np.float32)
    model = small(**params).fit(X, np.arange(len(X)) % 3)
    session = runtime.InferenceSession(to_onnx(model, X[:1]).SerializeToString())
    assert session.get_inputs()[0].shape == [None, *X.shape[1:]]
    _, probabilities = session.run(None, {"X": X})
    np.testing.assert_allclose(probabilities, model.predict_proba(X), atol=1e-5)


def test_reports_look_into_it():
    for params in ({}, {"normalization": "local_contrast", "train_filters": False}):
        model = small(**params).fit((16 * IMAGES).astype(np.uint8), Y)
        pixels = (16 * IMAGES).astype(np.uint8)
        report = activation_report(model, pixels)
        assert [len(each) for each in report.unit_zeros] == [
            shape[-1] for shape in model.layer_shapes_[:-1]
        ]
        assert np.isfinite(gradient_report(model, pixels, Y).weight_norms).all()
        hidden = HiddenLayer(model, layer=1).fit(pixels, Y)
        assert hidden.transform(pixels).shape == (200, len(hidden.get_feature_names_out()))
        assert "Verdict" in repr(verdict(model))


def test_reports_tell_kinds_of_layers_apart():
    blocks = {"normalization": "local_contrast", "hidden_layer_sizes": (5,), "filters": (3,)}
    for size in (1, 2):
        model = small(**blocks, ensemble_size=size).fit(IMAGES, Y)
        kinds = "convolution", "local_contrast", "max_pooling", "dense"
        activations, signal = activation_report(model, IMAGES), signal_report(model, IMAGES)
        assert activations.layer_kinds == signal.layer_kinds == kinds
        for table in (activations._columns(), signal._columns()):
            assert table["layer"].tolist() == size * [1, 2, 3, 4]
            assert table["kind"].tolist() == size * list(kinds)
        units = activations._unit_columns()
        n_of_kinds = [("convolution", 3), ("local_contrast", 3), ("max_pooling", 3), ("dense", 5)]
        assert units["kind"].tolist() == [kind for kind, n in n_of_kinds for _ in range(size * n)]
        gradients = gradient_report(model, IMAGES, Y)._columns()
        assert gradients["layer"].tolist() == size * [1, 4, 5]
        assert gradients["kind"].tolist() == size * ["convolution", "dense", "dense"]
        assert "dead" in repr(activations)
        rows = look_inside(model, IMAGES, Y).layers
        assert [row["kind"] for row in rows] == [*kinds, "dense"]
        has_weights = [row["gradient after training"] != "-" for row in rows]
        assert has_weights == [True, False, False, True, True]
    plain = MLPClassifier((3,), max_iter=2).fit(ROWS, Y)
    for report in (
        activation_report(plain, ROWS),
        signal_report(plain, ROWS),
        gradient_report(plain, ROWS, Y),
    ):
        assert report.layer_kinds == ()
        assert "kind" not in report._columns()


def test_filters_that_are_not_trained_have_no_gradient_to_report():
    model = small(train_filters=False, hidden_layer_sizes=(6,), max_iter=3).fit(IMAGES, Y)
    trained = small(hidden_layer_sizes=(6,)).fit(IMAGES, Y)
    for initial in (False, True):
        report = gradient_report(model, IMAGES, Y, initial=initial)
        assert report.layer_numbers.tolist() == [5, 6]
        # A fitted network does not follow its parameters.
        later = copy.copy(model).set_params(train_filters=True)
        if not initial:
            assert gradient_report(later, IMAGES, Y).layer_numbers.tolist() == [5, 6]
        assert report.weight_norms.shape == report.update_ratios.shape == (2,)
        assert 0 < report.ratio == report.weight_norms[0] / report.weight_norms[1]
        same = gradient_report(trained, IMAGES, Y, initial=initial)
        assert same.layer_numbers.tolist() == [1, 3, 5, 6]
    # What cannot learn cannot miss its gradient: no verdict looks for it there.
    deep = small(filters=(3,) * 6, activation="logistic", pooling=None)
    assert "vanishing" in repr(verdict(clone(deep).fit(IMAGES, Y)))
    frozen = deep.set_params(train_filters=False).fit(IMAGES, Y)
    assert "vanishing" not in repr(verdict(frozen))


def test_pixels_have_one_scale_and_channels_have_their_own():
    """Pixels at an edge that hardly vary are no features of another scale."""
    X = IMAGES.copy()
    X[:, 0, 0] = 0
    X[::50, 0, 0] = 1e-7
    rough = IMAGES + 1e6
    with warnings.catch_warnings():
        warnings.filterwarnings("error", "(?s).*(scales differ|standard deviations away)")
        small().fit(X, Y)
        small().fit((16 * X).astype(np.uint8), Y)
    with pytest.warns(TrainingWarning, match=r"standard deviations away.*scale all pixels alike"):
        small().fit(rough, Y)
    for first in (False, True):
        X = np.stack([COLOURS[..., 0], 1e6 * COLOURS[..., 1]], axis=1 if first else 3)
        with pytest.warns(TrainingWarning, match="scales differ"):
            small(channels_first=first).fit(X, CLASSES)


def test_a_filter_that_is_0_everywhere_is_dead():
    model = small(filters=(3,)).fit(IMAGES, Y)
    model.intercepts_[0][1] = -1000.0
    dead = activation_report(model, IMAGES).unit_dead
    assert dead[0].tolist() == dead[1].tolist() == [False, True, False]


@pytest.mark.parametrize("channels_first", [False, True])
def test_what_is_covered_is_missed(channels_first):
    X, y = np.zeros((60, 6, 7, 2)), np.arange(60) % 3
    X[y == 1, 1, 4, 0] = X[y == 2, 4, 2, 1] = 1
    X = X.transpose(0, 3, 1, 2) if channels_first else X
    params = {"max_iter": 150, "learning_rate_init": 0.02, "channels_first": channels_first}
    model = small(filters=(6,), **params).fit(X, y)
    maps = occlusion_map(model, X[1:3], patch_size=1)
    assert maps.shape == (2, 6, 7)
    assert [divmod(each.argmax(), 7) for each in maps] == [(1, 4), (4, 2)]
    flat = occlusion_map(model, X.reshape(60, -1)[1:3], patch_size=1)
    np.testing.assert_allclose(flat, maps, atol=1e-12)
    wide = occlusion_map(model, X[1:2], patch_size=3)
    assert (wide[0] > 0.1).sum() >= 9
    regressor = CNNRegressor((6,), **params | {"random_state": 0}).fit(X, y)
    assert divmod(occlusion_map(regressor, X[2:3], patch_size=1)[0].argmax(), 7) == (4, 2)
    with pytest.raises(ValueError, match="patch_size must be"):
        occlusion_map(model, X, patch_size=0)
    with pytest.raises(TypeError, match="needs a network of images"):
        occlusion_map(MLPClassifier((2,), max_iter=1).fit(X.reshape(60, -1), y), X)


def test_pictures_are_of_filters_maps_and_decisions():
    plt = pytest.importorskip("matplotlib.pyplot")
    model = small(ensemble_size=2).fit(COLOURS, CLASSES)
    for display, n in (
        (FiltersDisplay.from_estimator(model), 9),
        (FiltersDisplay.from_estimator(model, block=1, n_filters=2), 6),
        (FeatureMapsDisplay.from_estimator(model, COLOURS), 3),
        (FeatureMapsDisplay.from_estimator(model, COLOURS, block=-1, n_filters=2), 2),
        (OcclusionDisplay.from_estimator(model, COLOURS, n_images=2), 2),
    ):
        assert len(display.maps) == len(display.titles) == n
        plt.close(display.figure_)
    assert FiltersDisplay.from_estimator(model).titles[0].endswith(", 0")
    plt.close("all")


def test_channels_first_is_a_layer_of_colours_alone():
    model = small(channels_first=True).fit(COLOURS.transpose(0, 3, 1, 2), CLASSES)
    assert isinstance(model._fitted_layers()[0], ChannelsLast)
    grey = small(channels_first=True).fit(IMAGES[:, None], Y)
    assert isinstance(grey._fitted_layers()[0], Convolution)


@pytest.mark.parametrize("cls", ["CNNClassifier", "CNNRegressor"])
def test_it_is_copied_and_pickled(cls, tmp_path):
    model = ESTIMATORS[cls](**SMALL, normalization="local_contrast").fit(IMAGES, Y)
    save(model, tmp_path / "model.relu")
    for other in (pickle.loads(pickle.dumps(model)), load(tmp_path / "model.relu")):
        np.testing.assert_array_equal(other.predict(IMAGES), model.predict(IMAGES))
        np.testing.assert_array_equal(other.predict(ROWS), model.predict(IMAGES))
        assert other.layer_shapes_ == model.layer_shapes_
