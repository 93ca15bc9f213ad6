"""What is drawn: the data of the artists, their labels and legends, on a rendered picture."""

import inspect
import pydoc
import re
import sys
import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse as sp
from sklearn import neural_network
from sklearn.base import clone
from sklearn.datasets import make_moons
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_relu import Autoencoder, MLPClassifier, MLPRegressor, displays, gradient_report
from sklearn_relu.activations import ELU, Activation
from sklearn_relu.displays import (
    ActivationDisplay,
    ComparisonDisplay,
    DecisionRegionDisplay,
    FeatureMapsDisplay,
    FiltersDisplay,
    GradientFlowDisplay,
    GradientThroughTimeDisplay,
    LossCurve,
    LossCurveDisplay,
    OcclusionDisplay,
    ReconstructionDisplay,
    SparsityDisplay,
    WeightsDisplay,
)
from sklearn_relu.displays.style import COLORS
from sklearn_relu.inspection import hidden_activations, linear_regions

# Fits of a few epochs are worse than a constant, and say so.
pytestmark = pytest.mark.filterwarnings(
    "ignore:(?s).*worse than a constant:sklearn_relu.TrainingWarning"
)

plt = pytest.importorskip("matplotlib.pyplot")

X, y = make_moons(80, noise=0.2, random_state=0)


def quick(model, *args, **kwargs):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(*args, **kwargs)


@pytest.fixture(autouse=True)
def _no_figure_stays_open():
    yield
    plt.close("all")


@pytest.fixture
def rendered(tmp_path):
    """Renders a display's figure, and finds it neither blank nor with texts over each other."""

    def render(display):
        path = tmp_path / "picture.png"
        display.figure_.savefig(path)
        picture = plt.imread(path)
        assert picture.shape[0] > 300
        assert len(np.unique(picture[..., :3].reshape(-1, 3), axis=0)) > 10
        renderer = display.figure_.canvas.get_renderer()
        width, height = display.figure_.bbox.size
        for ax in display.figure_.axes:
            texts = [ax.title, ax._left_title, ax.xaxis.label, ax.yaxis.label]
            boxes = [text.get_window_extent(renderer) for text in texts if text.get_text()]
            for box in boxes:
                assert box.x0 >= -1
                assert box.y0 >= -1
                assert box.x1 <= width + 1
                assert box.y1 <= height + 1
            legend = ax.get_legend()
            if legend is not None:
                assert legend.get_window_extent(renderer).x1 <= width + 1
        return display

    return render


def legend_of(display):
    return [text.get_text() for text in display.ax_.get_legend().get_texts()]


@pytest.fixture(scope="module")
def models():
    names = ("relu", "tanh")
    held_out = {"X_val": X[60:], "y_val": y[60:]}
    return {
        name: quick(
            MLPClassifier((6, 5), name, max_iter=15, random_state=0), X[:60], y[:60], **held_out
        )
        for name in names
    }


class TestActivations:
    def test_functions_and_derivatives(self, rendered):
        display = rendered(ActivationDisplay.from_activations(["logistic", "tanh", "relu"]))
        z = np.linspace(-4, 4, 801)
        logistic = 1 / (1 + np.exp(-z))
        expected = {
            "logistic": (logistic, logistic * (1 - logistic)),
            "tanh": (np.tanh(z), 1 - np.tanh(z) ** 2),
            "relu": (np.maximum(z, 0), z > 0),
        }
        for name, curves in expected.items():
            for line, curve in zip(display.lines_[name], curves, strict=True):
                assert_array_equal(line.get_xdata(), z)
                assert_allclose(line.get_ydata(), curve, atol=1e-12)
            styles = [line.get_linestyle() for line in display.lines_[name]]
            assert styles == ["-", "--"]
        assert legend_of(display) == ["logistic", "tanh", "relu", "derivative"]
        colors = [display.lines_[name][0].get_color() for name in expected]
        assert colors == list(COLORS[:3])
        assert display.ax_.get_xlabel() == "summed input z"

    def test_any_part_and_any_shape_of_unit(self, rendered):
        class Sine(Activation):
            def forward(self, z, a, params, noise=None):
                np.sin(z, out=a)

            def backward(self, z, a, grad_a, grad_z, params, grad_params):
                np.multiply(np.cos(z), grad_a, out=grad_z)

        parts = [Sine(), ELU(0.5), "crelu", "maxout", "prelu", "lwta"]
        display = rendered(ActivationDisplay.from_activations(parts, limits=(-2, 2), n_points=41))
        z = np.linspace(-2, 2, 41)
        sine, slope = display.lines_["Sine()"]
        assert_allclose(sine.get_ydata(), np.sin(z))
        assert_allclose(slope.get_ydata(), np.cos(z))
        curves = [line.get_ydata() for line in display.lines_["crelu"]]
        for curve, expected in zip(
            curves, (z * (z > 0), -z * (z < 0), z > 0, -1.0 * (z < 0)), strict=True
        ):
            assert_allclose(curve, expected, atol=1e-12)
        assert_allclose(display.lines_["maxout"][0].get_ydata(), np.maximum(z, 0), atol=1e-12)
        assert "ELU(alpha=0.5)" in legend_of(display)

    def test_an_unknown_name_is_refused(self):
        with pytest.raises(ValueError, match="Did you mean 'relu'"):
            ActivationDisplay.from_activations(["rellu"])


class TestLossCurves:
    def test_training_and_validation_of_several_models(self, models, rendered):
        display = rendered(LossCurveDisplay.from_estimator(models))
        for name, model in models.items():
            training, validation = display.lines_[name]
            assert_array_equal(training.get_xdata(), np.arange(1, 16))
            assert_array_equal(training.get_ydata(), model.loss_curve_)
            assert_array_equal(validation.get_ydata(), model.history_["validation_loss"])
            best = int(np.argmin(model.history_["validation_loss"]))
            (mark,) = display.best_[name]
            assert mark.get_xdata() == [best + 1]
            assert mark.get_ydata() == [model.history_["validation_loss"][best]]
            assert training.get_color() == validation.get_color()
        assert legend_of(display) == ["relu", "tanh", "validation"]
        assert display.ax_.get_yscale() == "log"

    def test_the_best_epoch_of_early_stopping_is_that_of_the_score(self):
        model = MLPClassifier((6,), early_stopping=True, max_iter=15, random_state=0)
        quick(model, X, y)
        (mark,) = LossCurveDisplay.from_estimator(model, name="mine").best_["mine"]
        assert mark.get_xdata() == [np.argmax(model.validation_scores_) + 1]

    def test_an_ensemble_has_a_curve_a_network(self, rendered):
        model = quick(MLPRegressor(ensemble_size=3, max_iter=4, random_state=0), X, y)
        display = rendered(LossCurveDisplay.from_estimator(model))
        for line, curve in zip(display.lines_["relu"], model.loss_curve_, strict=True):
            assert_array_equal(line.get_ydata(), curve)
        assert legend_of(display) == ["relu"]

    def test_pipelines_lists_and_scikit_learn_s_own(self, models):
        own = quick(make_pipeline(neural_network.MLPClassifier((3,), max_iter=3)), X, y)
        display = LossCurveDisplay.from_estimator([own, models["relu"], models["tanh"]])
        assert list(display.lines_) == ["relu 1", "relu 2", "tanh"]
        assert_array_equal(display.lines_["relu 1"][0].get_ydata(), own[-1].loss_curve_)

    def test_a_search_is_drawn_with_or_without_its_data(self, rendered):
        grid = {"mlp__activation": ["relu", "tanh"], "mlp__hidden_layer_sizes": [(3,), (3, 3)]}
        from sklearn.pipeline import Pipeline

        model = Pipeline([("mlp", MLPClassifier(max_iter=3, random_state=0))])
        search = quick(GridSearchCV(model, grid, cv=2), X, y)
        display = rendered(LossCurveDisplay.from_search(search, X, y))
        names = [
            "relu, 1 layer of 3",
            "relu, 2 layers of 3",
            "tanh, 1 layer of 3",
            "tanh, 2 layers of 3",
        ]
        assert legend_of(display) == names
        again = quick(clone(model).set_params(**search.cv_results_["params"][2]), X, y)
        assert_array_equal(display.lines_[names[2]][0].get_ydata(), again[-1].loss_curve_)
        best = LossCurveDisplay.from_search(search)
        assert_array_equal(
            best.lines_[names[search.best_index_]][0].get_ydata(),
            search.best_estimator_[-1].loss_curve_,
        )

    @pytest.mark.filterwarnings("ignore:(?s).*fits failed:sklearn.exceptions.FitFailedWarning")
    @pytest.mark.filterwarnings("ignore:One or more of the test scores are non-finite:UserWarning")
    def test_candidates_that_failed_are_left_out(self):
        grid = {"activation": ["relu", "tanh"], "bias_initialization": [0.0, 1e308]}
        search = quick(GridSearchCV(MLPClassifier((3,), max_iter=2), grid, cv=2), X, y)
        failed = np.isnan(search.cv_results_["mean_test_score"])
        assert 0 < failed.sum() < 4
        display = LossCurveDisplay.from_search(search, X, y)
        assert len(display.lines_) == 4 - failed.sum()

    def test_what_has_no_curve_is_refused(self):
        with pytest.raises(NotFittedError):
            LossCurveDisplay.from_estimator(MLPClassifier())
        own = quick(neural_network.MLPClassifier((3,), solver="lbfgs", max_iter=3), X, y)
        with pytest.raises(ValueError, match="'relu' noted no losses"):
            LossCurveDisplay.from_estimator(own)


class TestGradientFlow:
    def test_lines_are_the_reports(self, models, rendered):
        for initial in (False, True):
            display = rendered(GradientFlowDisplay.from_estimator(models, X, y, initial=initial))
            for name, model in models.items():
                norms = gradient_report(model, X, y, initial=initial).weight_norms
                (line,) = display.lines_[name]
                assert_array_equal(line.get_xdata(), [1, 2, 3])
                assert_array_equal(line.get_ydata(), norms)
            assert legend_of(display) == ["relu", "tanh"]
        assert display.ax_.get_yscale() == "log"

    def test_an_ensemble_and_a_dead_network(self, models):
        ensemble = MLPClassifier((6, 5), ensemble_size=2, random_state=0)
        display = GradientFlowDisplay.from_estimator(ensemble, X, y, initial=True, name="two")
        assert [len(line.get_ydata()) for line in display.lines_["two"]] == [3, 3]
        assert legend_of(display) == ["two"]
        dead = quick(clone(models["tanh"]).set_params(activation="relu", max_iter=1), X, y)
        dead.intercepts_[1][:] = -100
        (line,) = GradientFlowDisplay.from_estimator(dead, X, y).lines_["relu"]
        assert np.isnan(line.get_ydata()).tolist() == [True, True, True]


class TestSparsity:
    def test_the_map_and_the_rates(self, models, rendered):
        model = clone(models["relu"])
        quick(model, X, y)
        model.intercepts_[1][2] = -100
        active = hidden_activations(model, X) > 0
        display = rendered(SparsityDisplay.from_estimator(model, X))
        assert_array_equal(np.sort(display.order_), np.arange(5))
        assert 2 in display.order_[-2:]
        assert_array_equal(display.image_.get_array(), active[:, display.order_])
        heights = [bar.get_height() for bar in display.bars_]
        assert_allclose(heights, active.mean(axis=0)[display.order_])
        assert heights == sorted(heights, reverse=True)
        dead = display.rates_ax_.lines[0]
        assert dead.get_xdata().tolist() == np.flatnonzero(np.array(heights) == 0).tolist()
        title = display.rates_ax_.get_title(loc="left")
        n_dead = len(dead.get_xdata())
        assert (
            title == f"{100 * (1 - active.mean()):.1f} % exact zeros, {n_dead} of 5 units dead (x)"
        )

    def test_many_samples_are_thinned_out_and_ensembles_are_joined(self, rendered):
        many = np.tile(X, (10, 1))
        start = {"initialization": "he_normal", "random_state": 0}
        model = quick(MLPClassifier((6,), ensemble_size=2, max_iter=1, **start), X, y)
        figure, ax = plt.subplots()
        display = rendered(SparsityDisplay.from_estimator(model, many, layer=0, ax=ax))
        assert display.figure_ is figure
        assert display.image_.get_array().shape == (200, 12)
        assert display.ax_.get_ylabel() == "200 of 800 samples"
        assert "no unit dead" in display.rates_ax_.get_title(loc="left")


class TestWeights:
    def test_images_are_the_weights(self, rendered):
        images = np.random.RandomState(0).normal(size=(60, 12))
        model = quick(MLPClassifier((7,), max_iter=1, random_state=0), images, np.arange(60) % 2)
        display = rendered(WeightsDisplay.from_estimator(model, image_shape=(3, 4), n_units=5))
        weights = model.coefs_[0].T
        largest = weights[np.argsort(-np.linalg.norm(weights, axis=1))[:5]]
        tiles = display.image_.get_array().filled(np.nan)
        gap = (tiles.shape[0] + 1) // 2 - 3
        assert tiles.shape == (2 * (3 + gap) - 1, 4 + 1 + 4 + 1 + 4)
        first, second = gap - 1, gap - 1 + 3 + gap
        assert_array_equal(tiles[first : first + 3, :4], largest[0].reshape(3, 4))
        assert_array_equal(tiles[first : first + 3, 5:9], largest[1].reshape(3, 4))
        assert_array_equal(tiles[second:, 5:9], largest[4].reshape(3, 4))
        assert np.isnan(tiles[first + 3 : second]).all()
        numbers = np.argsort(-np.linalg.norm(weights, axis=1))[:5]
        assert [text.get_text() for text in display.ax_.texts] == list(map(str, numbers))
        assert display.ax_.get_title(loc="left") == "units, largest weights first"
        low, high = display.image_.get_clim()
        assert low == -high == -np.abs(largest).max()

    def test_without_a_shape_each_unit_is_a_line(self, models, rendered):
        display = rendered(WeightsDisplay.from_estimator(models["relu"], n_units=100))
        assert display.image_.get_array().shape == (6, 2)
        labels = display.ax_.get_xlabel(), display.ax_.get_ylabel()
        assert labels == ("feature", "unit (largest weights first)")
        norms = np.linalg.norm(models["relu"].coefs_[0], axis=0)
        shown = [text.get_text() for text in display.ax_.get_yticklabels()]
        assert shown == [str(unit) for unit in np.argsort(-norms, kind="stable")]

    def test_titles_and_ensembles(self, rendered):
        display = rendered(
            WeightsDisplay(np.eye(4), image_shape=(2, 2), titles=list("abcd")).plot()
        )
        assert [text.get_text() for text in display.ax_.texts] == list("abcd")
        model = quick(MLPClassifier((3,), ensemble_size=2, max_iter=1), X, y)
        assert WeightsDisplay.from_estimator(model).image_.get_array().shape == (3, 2)

    def test_a_wrong_shape_is_refused(self, models):
        with pytest.raises(ValueError, match=r"image_shape=\(3, 3\) has 9 pixels, .* 2 features"):
            WeightsDisplay.from_estimator(models["relu"], image_shape=(3, 3))


class TestReconstructions:
    ROWS = np.random.RandomState(0).uniform(size=(20, 12))

    def test_images_stand_above_what_comes_back(self, rendered):
        model = PCA(2).fit(self.ROWS)
        display = rendered(
            ReconstructionDisplay.from_estimator(model, self.ROWS, image_shape=(3, 4), n_rows=5)
        )
        tiles = display.image_.get_array().filled(np.nan)
        assert tiles.shape == (3 + 1 + 3, 5 * 5 - 1)
        given = model.inverse_transform(model.transform(self.ROWS))
        assert_array_equal(tiles[:3, 5:9], self.ROWS[1].reshape(3, 4))
        assert_array_equal(tiles[4:, 5:9], given[1].reshape(3, 4))
        assert np.isnan(tiles[3]).all()
        assert display.image_.get_clim() == (self.ROWS[:5].min(), self.ROWS[:5].max())
        shown = [text.get_text() for text in display.ax_.get_yticklabels()]
        assert shown == ["row", "reconstruction"]

    def test_other_rows_are_pairs_of_lines(self, rendered):
        names = [f"column {i}" for i in range(12)]
        frame = pytest.importorskip("pandas").DataFrame(self.ROWS, columns=names)
        model = quick(Autoencoder((3,), max_iter=1, random_state=0), frame)
        display = rendered(ReconstructionDisplay.from_estimator(model, frame, n_rows=100))
        lines = display.image_.get_array().filled(np.nan)
        assert_array_equal(lines[::3], self.ROWS)
        assert_array_equal(lines[1::3], model.reconstruct(frame))
        assert np.isnan(lines[2::3]).all()
        assert [text.get_text() for text in display.ax_.get_xticklabels()] == names

    @pytest.mark.parametrize("n_rows", [1, 3])
    def test_few_and_sparse_rows(self, n_rows, rendered):
        rows = sp.csr_array(np.where(self.ROWS > 0.5, self.ROWS, 0))
        model = quick(Autoencoder((3,), max_iter=1, random_state=0), rows)
        display = ReconstructionDisplay.from_estimator(model, rows[:n_rows])
        assert rendered(display).image_.get_array().shape == (3 * n_rows - 1, 12)

    def test_what_does_not_fit_is_refused(self):
        with pytest.raises(ValueError, match=r"image_shape=\(3, 3\) has 9 pixels, .* 12 features"):
            ReconstructionDisplay(self.ROWS, self.ROWS, image_shape=(3, 3)).plot()
        with pytest.raises(ValueError, match="must be alike"):
            ReconstructionDisplay(self.ROWS, self.ROWS[:3]).plot()


class TestDecisionRegions:
    def test_predictions_and_samples(self, models, rendered):
        model = models["relu"]
        display = rendered(DecisionRegionDisplay.from_estimator(model, X, y, grid_resolution=40))
        grid = np.column_stack([display.xx.ravel(), display.yy.ravel()])
        shown = display.surface_.get_array().reshape(-1)
        assert_array_equal(shown, model.predict(grid))
        assert grid[:, 0].min() < X[:, 0].min()
        assert grid[:, 1].max() > X[:, 1].max()
        assert legend_of(display) == ["0", "1"]
        points = [c.get_offsets() for c in display.ax_.collections if len(c.get_offsets()) > 1]
        assert_allclose(points[-2], X[y == 0])
        assert_allclose(points[-1], X[y == 1])

    def test_boundaries_are_those_of_the_linear_regions(self, models, rendered):
        model = models["relu"]
        display = rendered(DecisionRegionDisplay.from_estimator(model, X, grid_resolution=40))
        grid = np.column_stack([display.xx.ravel(), display.yy.ravel()])
        region = linear_regions(model, grid).region
        by_pieces = np.unique(display.pieces.reshape(11, -1).T, axis=0, return_inverse=True)[1]
        # The same partition: each region has one pattern, and each pattern one region.
        assert len(np.unique(np.column_stack([region, by_pieces]), axis=0)) == region.max() + 1
        crossing = [unit for unit in display.pieces if len(np.unique(unit)) > 1]
        assert len(display.boundaries_) == len(crossing) > 3
        # The first layer's kinks are straight lines: where its summed input is 0.
        unit = next(u for u in range(6) if len(np.unique(display.pieces[u])) > 1)
        vertices = np.vstack(display.boundaries_[0].allsegs[0])
        z = vertices @ model.coefs_[0][:, unit] + model.intercepts_[0][unit]
        step = (display.xx[0, 1] - display.xx[0, 0]) + (display.yy[1, 0] - display.yy[0, 0])
        assert np.abs(z).max() < step * np.linalg.norm(model.coefs_[0][:, unit])

    def test_a_smooth_network_has_no_boundaries(self, models):
        display = DecisionRegionDisplay.from_estimator(models["tanh"], X, grid_resolution=20)
        assert display.boundaries_ == []

    def test_regressors_pipelines_frames_and_labels(self, rendered):
        pandas = pytest.importorskip("pandas")
        frame = pandas.DataFrame(X, columns=["width", "height"])
        model = make_pipeline(StandardScaler(), MLPRegressor(max_iter=3, random_state=0))
        quick(model, frame, X[:, 0])
        display = DecisionRegionDisplay.from_estimator(model, frame, X[:, 0], grid_resolution=20)
        rendered(display)
        assert display.ax_.get_xlabel() == "width"
        assert display.ax_.get_ylabel() == "height"
        assert display.figure_.axes[1].get_ylabel() == "prediction"
        names = np.array(["no", "yes"])[y]
        named = quick(MLPClassifier((3,), max_iter=3, random_state=0), X, names)
        assert legend_of(
            DecisionRegionDisplay.from_estimator(named, X, names, grid_resolution=9)
        ) == [
            "no",
            "yes",
        ]

    def test_other_numbers_of_features_are_refused(self, models):
        with pytest.raises(ValueError, match=r"2 features to draw a plane; got shape \(80, 1\)"):
            DecisionRegionDisplay.from_estimator(models["relu"], X[:, :1])


@pytest.fixture(scope="module")
def search():
    grid = {
        "activation": ["relu", "tanh"],
        "hidden_layer_sizes": [(4,), (4, 4), (4, 3)],
        "initialization": ["he_normal", "glorot_uniform"],
        "random_state": [0, 1],
        "alpha": [0.0, 1e-3],
    }
    return quick(GridSearchCV(MLPClassifier(max_iter=3), grid, cv=2), X, y)


class TestComparison:
    def test_means_and_folds_by_activation_depth_and_initialization(self, search, rendered):
        display = rendered(ComparisonDisplay.from_search(search))
        ticks = [text.get_text() for text in display.ax_.get_xticklabels()]
        assert ticks == ["1 layer of 4", "2 layers of 4", "2 layers: 4,3"]
        assert len(display.lines_) == 4
        results = search.cv_results_
        scores = np.array([results["split0_test_score"], results["split1_test_score"]]).T
        for (activation, initialization), line in display.lines_.items():
            folds = display.folds_[activation, initialization]
            for i, sizes in enumerate([(4,), (4, 4), (4, 3)]):
                pooled = [
                    np.concatenate(
                        [
                            row
                            for row, params in zip(scores, results["params"], strict=True)
                            if params["activation"] == activation
                            and params["initialization"] == initialization
                            and params["hidden_layer_sizes"] == sizes
                            and params["alpha"] == alpha
                        ]
                    )
                    for alpha in (0.0, 1e-3)
                ]
                best = max(pooled, key=np.mean)
                assert line.get_ydata()[i] == pytest.approx(best.mean())
                assert_allclose(folds.get_ydata()[4 * i : 4 * i + 4], best)
        assert "relu, he_normal" in legend_of(display)
        styles = {names: line.get_linestyle() for names, line in display.lines_.items()}
        assert set(styles.values()) == {"None"}  # (4,), (4, 4), (4, 3) have no order
        looks = {(line.get_color(), line.get_marker()) for line in display.lines_.values()}
        assert len(looks) == 4
        assert display.ax_.get_ylabel() == "score"

    def test_few_scores_are_written_and_metrics_chosen(self, rendered):
        grid = {"activation": ["relu", "tanh"]}
        scoring = {"accuracy": "accuracy", "loss": "neg_log_loss"}
        model = MLPClassifier((3,), max_iter=2, random_state=0)
        search = quick(GridSearchCV(model, grid, cv=2, scoring=scoring, refit="accuracy"), X, y)
        display = rendered(ComparisonDisplay.from_search(search))
        means = search.cv_results_["mean_test_accuracy"]
        assert [text.get_text() for text in display.ax_.texts] == [f"{m:.3f}" for m in means]
        loss = ComparisonDisplay.from_search(search, metric="loss")
        assert loss.ax_.get_ylabel() == "loss"
        with pytest.raises(ValueError, match=r"one of \['accuracy', 'loss'\]; got 'r2'"):
            ComparisonDisplay.from_search(search, metric="r2")

    def test_a_search_over_something_else_is_refused(self):
        search = quick(GridSearchCV(MLPClassifier((3,), max_iter=1), {"alpha": [0, 1]}, cv=2), X, y)
        with pytest.raises(ValueError, match=r"activation or hidden_layer_sizes; .*\['alpha'\]"):
            ComparisonDisplay.from_search(search)


def test_displays_draw_into_given_axes(models):
    figure, axes = plt.subplots(1, 3)
    drawn = [
        LossCurveDisplay.from_estimator(models, ax=axes[0]),
        GradientFlowDisplay.from_estimator(models, X, y, ax=axes[1]),
        ActivationDisplay.from_activations(["relu"], ax=axes[2]),
    ]
    for display, ax in zip(drawn, axes, strict=True):
        assert display.figure_ is figure
        assert display.ax_ is ax


PLOTTED = {
    "ActivationDisplay": lambda: ActivationDisplay(X[:, 0], {"a": X}, {"a": X}),
    "ComparisonDisplay": lambda: ComparisonDisplay({("relu", None, "1 layer of 3"): y}),
    "DecisionRegionDisplay": lambda: DecisionRegionDisplay(
        xx=np.tile([0, 1, 2], (2, 1)), yy=np.tile([[0], [1]], 3), response=np.eye(2, 3), classes=y
    ),
    "FeatureMapsDisplay": lambda: FeatureMapsDisplay(np.eye(4).reshape(2, 2, 4)),
    "FiltersDisplay": lambda: FiltersDisplay(np.eye(4).reshape(2, 2, 4)),
    "GradientFlowDisplay": lambda: GradientFlowDisplay({"a": np.ones(3)}),
    "GradientThroughTimeDisplay": lambda: GradientThroughTimeDisplay({"a": np.ones((1, 3))}),
    "LossCurveDisplay": lambda: LossCurveDisplay({"a": LossCurve([X[:, 0] ** 2], [], [1])}),
    "OcclusionDisplay": lambda: OcclusionDisplay(np.eye(4).reshape(2, 2, 4)),
    "ReconstructionDisplay": lambda: ReconstructionDisplay(X, X),
    "SparsityDisplay": lambda: SparsityDisplay(X > 0),
    "WeightsDisplay": lambda: WeightsDisplay(X),
}
"""A display of each class, with data of its constructor alone."""

IMAGES = [
    "DecisionRegionDisplay",
    "FeatureMapsDisplay",
    "FiltersDisplay",
    "OcclusionDisplay",
    "ReconstructionDisplay",
    "SparsityDisplay",
    "WeightsDisplay",
]
"""Those whose main part is an image."""


def test_each_display_is_among_them():
    assert {name for name in displays.__all__ if name.endswith("Display")} == set(PLOTTED)


@pytest.mark.parametrize("name", PLOTTED)
def test_plot_is_described_and_makes_the_attributes_of_the_class(name):
    display = PLOTTED[name]()
    data = set(vars(display))
    signature = str(inspect.signature(type(display).plot))
    is_image = name in IMAGES
    options = "cmap=None, **kwargs" if is_image else "name=None, curve_kwargs=None"
    assert signature == f"(self, ax=None, *, {options})"
    text = re.sub("\x08.", "", pydoc.render_doc(type(display).plot, renderer=pydoc.plaintext))
    assert f"plot{signature}" in text
    assert "ax : matplotlib Axes, default=None" in text
    assert re.search(r"Returns\n +-------\n +self : Display\n", text)
    assert display.plot() is display
    attributes = re.split(r"Attributes\n-+\n", inspect.getdoc(type(display)))[1].split("\n\n")[0]
    described = re.findall(r"^(\w+) : ", attributes, re.MULTILINE)
    assert set(described) == set(vars(display)) - data
    assert display.ax_ in display.figure_.axes


CURVES = {
    "ActivationDisplay": lambda **options: ActivationDisplay.from_activations(
        ["relu", "tanh"], **options
    ),
    "LossCurveDisplay": lambda **options: LossCurveDisplay(
        {name: LossCurve([np.arange(1, 5.0)], [], [1]) for name in "ab"}
    ).plot(**options),
    "GradientFlowDisplay": lambda **options: GradientFlowDisplay(
        {name: np.ones(3) for name in "ab"}
    ).plot(**options),
    "GradientThroughTimeDisplay": lambda **options: GradientThroughTimeDisplay(
        {name: np.ones((1, 3)) for name in "ab"}
    ).plot(**options),
    "ComparisonDisplay": lambda **options: ComparisonDisplay(
        {(name, None, "1 layer of 3"): np.ones(2) for name in "ab"}
    ).plot(**options),
}
"""For each display of curves one of two."""


@pytest.mark.parametrize("name", CURVES)
class TestOptionsOfCurves:
    def first_lines(self, display):
        return [np.atleast_1d(lines)[0] for lines in display.lines_.values()]

    @pytest.mark.parametrize("alias", ["linewidth", "lw"])
    def test_a_dict_is_for_all(self, name, alias):
        lines = self.first_lines(CURVES[name](curve_kwargs={alias: 7, "alpha": 0.25}))
        assert [(line.get_linewidth(), line.get_alpha()) for line in lines] == [(7, 0.25)] * 2

    def test_a_list_is_for_each(self, name):
        display = CURVES[name](curve_kwargs=[{"c": "#123456"}, {"color": "#654321"}])
        assert [line.get_color() for line in self.first_lines(display)] == ["#123456", "#654321"]
        handles = display.ax_.get_legend_handles_labels()[0]
        assert [handle.get_color() for handle in handles[:2]] == ["#123456", "#654321"]

    def test_other_numbers_of_dicts_are_refused(self, name):
        with pytest.raises(ValueError, match=r"curve_kwargs must be .* 2 of them.* a list of 3"):
            CURVES[name](curve_kwargs=[{}] * 3)
        assert plt.get_fignums() == []

    def test_names(self, name):
        if name == "ComparisonDisplay":
            assert CURVES[name](name="my table").ax_.get_title(loc="left") == "my table"
            return
        assert legend_of(CURVES[name](name=["one", "two"]))[:2] == ["one", "two"]
        with pytest.raises(ValueError, match=r"name must be .* a list of 2"):
            CURVES[name](name="one")


@pytest.mark.parametrize("name", IMAGES)
def test_options_of_images(name):
    display = PLOTTED[name]().plot(cmap="cividis", alpha=0.5)
    image = display.surface_ if name == "DecisionRegionDisplay" else display.image_
    assert image.get_alpha() == 0.5
    ends = image.get_cmap()([0.0, 1.0])
    assert_allclose(ends[:, :3], plt.colormaps["cividis"]([0.0, 1.0])[:, :3])


def test_options_come_through_from_estimator(models):
    model = models["relu"]
    assert WeightsDisplay.from_estimator(model, cmap="cividis").image_.get_cmap().name == "cividis"
    sparsity = SparsityDisplay.from_estimator(model, X, cmap="cividis")
    assert sparsity.image_.get_cmap().name == "cividis"
    regions = DecisionRegionDisplay.from_estimator(model, X, y, grid_resolution=9, alpha=0.5)
    assert regions.surface_.get_alpha() == 0.5
    wide = {"curve_kwargs": {"linewidth": 5}}
    losses = LossCurveDisplay.from_estimator([model], name="mine", **wide)
    assert losses.lines_["mine"][0].get_linewidth() == 5
    flow = GradientFlowDisplay.from_estimator(models, X, y, **wide)
    assert flow.lines_["tanh"][0].get_linewidth() == 5
    named = LossCurveDisplay.from_estimator(list(models.values()), name=["a", "b"])
    assert legend_of(named)[:2] == ["a", "b"]
    with pytest.raises(ValueError, match="name must be a str for one model, or a list of 2"):
        LossCurveDisplay.from_estimator(list(models.values()), name="a")


class TestNamesOfFeatures:
    COLUMNS = ["width", "height"]

    @pytest.fixture
    def frame(self):
        return pytest.importorskip("pandas").DataFrame(X, columns=self.COLUMNS)

    def shown(self, model):
        axis = WeightsDisplay.from_estimator(model).ax_.xaxis
        return [text.get_text() for text in axis.get_ticklabels()]

    @pytest.mark.parametrize("steps", [(), (StandardScaler(),), (StandardScaler(), "passthrough")])
    def test_those_of_a_data_frame(self, frame, steps):
        model = quick(make_pipeline(*steps, MLPClassifier((3,), max_iter=1)), frame, y)
        assert self.shown(model) == self.COLUMNS

    def test_numbers_without_one(self, models):
        assert not {"width", "x0"} & set(self.shown(models["relu"]))
        scaled = quick(make_pipeline(StandardScaler(), MLPClassifier((3,), max_iter=1)), X, y)
        assert not {"width", "x0"} & set(self.shown(scaled))


def test_many_samples_do_not_hide_the_predictions(models):
    many = np.tile(X, (50, 1))
    labels = np.tile(y, 50)
    display = DecisionRegionDisplay.from_estimator(models["relu"], many, labels, grid_resolution=9)
    points = display.ax_.collections[-2:]
    n_shown = sum(len(each.get_offsets()) for each in points)
    assert 400 <= n_shown <= 500
    area = sum(len(each.get_offsets()) * each.get_sizes()[0] for each in points)
    display.figure_.draw_without_rendering()
    assert area < 0.1 * np.prod(display.ax_.bbox.size) * (72 / display.figure_.dpi) ** 2
    assert f"{n_shown} of 4000 samples" in display.ax_.get_legend().get_title().get_text()


def test_data_that_cannot_be_drawn_leave_no_figure_behind():
    with pytest.raises(ValueError, match="Pass a height and a width"):
        WeightsDisplay(X, image_shape=(3, 3)).plot()
    assert plt.get_fignums() == []


@pytest.mark.parametrize("name", PLOTTED)
def test_without_matplotlib_the_error_says_what_to_install(name, monkeypatch):
    display = PLOTTED[name]()
    for module in [each for each in sys.modules if each.partition(".")[0] == "matplotlib"]:
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match="displays need matplotlib: pip install matplotlib"):
        display.plot()
