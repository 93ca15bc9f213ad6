"""Every display with few and many series, in health and in sickness: nothing outside, nothing over
anything else, and no two entries of a legend that look alike."""

import warnings

import numpy as np
import pytest
from helpers import slow
from sklearn.datasets import make_blobs, make_moons

import sklearn_relu
from sklearn_relu import MLPClassifier, MLPRegressor
from sklearn_relu.activations import ACTIVATIONS, LeakyReLU
from sklearn_relu.comparison import comparison_figure
from sklearn_relu.displays import (
    ActivationDisplay,
    ComparisonDisplay,
    DecisionRegionDisplay,
    GradientFlowDisplay,
    LossCurveDisplay,
    SparsityDisplay,
    WeightsDisplay,
)

plt = pytest.importorskip("matplotlib.pyplot")
pictures = pytest.importorskip("pictures")

X, y = make_moons(60, noise=0.2, random_state=0)
RNG = np.random.RandomState(0)
COUNTS = (1, 3, 8, 20)
NAMES = list(ACTIVATIONS)
LONG = "10 layers: 100,90,80,70,60,50,40,30,20,10"


def fit(model, X=X, y=y, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # sick networks are meant to be
        return model.fit(X, y, **options)


@pytest.fixture(autouse=True)
def _no_figure_stays_open():
    yield
    plt.close("all")


def check(figure):
    assert pictures.faults(figure) == []
    assert np.isfinite(figure.get_tightbbox().extents).all()


@pytest.fixture(scope="module")
def networks():
    models = {
        f"network {i}": fit(
            MLPClassifier((4,), max_iter=10 + i, random_state=i, learning_rate_init=0.01),
            X_val=X[:20],
            y_val=y[:20],
        )
        for i in range(max(COUNTS))
    }
    return lambda n: dict(list(models.items())[:n])


def scores(series, networks):
    return {(a, i, network): 0.8 + RNG.rand(5) / 10 for a, i in series for network in networks}


def compared(series, networks):
    baseline = 0.5, "most frequent class"
    return ComparisonDisplay(scores(series, networks), baseline=baseline).plot()


MANY = {
    "activations": lambda n, _: ActivationDisplay.from_activations(NAMES[:n]),
    "loss curves": lambda n, nets: LossCurveDisplay.from_estimator(nets(n)),
    "gradients": lambda n, nets: GradientFlowDisplay.from_estimator(nets(n), X, y),
    "layers": lambda n, _: GradientFlowDisplay({"deep": RNG.rand(n) + 0.1}).plot(),
    "units": lambda n, _: SparsityDisplay(RNG.rand(40, n) > 0.3).plot(),
    "images": lambda n, _: WeightsDisplay(
        RNG.normal(size=(n, 12)), image_shape=(3, 4), titles=[f"unit {i}" for i in range(n)]
    ).plot(),
    "lines of weights": lambda n, _: WeightsDisplay(RNG.normal(size=(n, 12))).plot(),
    "compared activations": lambda n, _: compared(
        [(name, None) for name in NAMES[:n]], ["1 layer of 100", "10 layers of 80"]
    ),
    "compared networks": lambda n, _: compared(
        [("relu", None), ("tanh", None)],
        [LONG, *(f"{i} layers of {10 * i}" for i in range(2, n + 1))],
    ),
    "compared initializations": lambda n, _: compared(
        [("relu", name) for name in NAMES[:n]], ["1 layer of 100"]
    ),
    "compared both": lambda n, _: compared(
        [(a, name) for a in ("relu", "tanh") for name in NAMES[:n]], ["1 layer of 100"]
    ),
}


@pytest.mark.parametrize("n", [1, slow(3), slow(8), 20])
@pytest.mark.parametrize("name", MANY)
def test_few_and_many_series(name, n, networks):
    check(MANY[name](n, networks).figure_)


@pytest.mark.parametrize("n", COUNTS)
def test_few_and_many_classes(n):
    data, labels = make_blobs(100, centers=n, random_state=0)
    model = fit(MLPClassifier((6,), max_iter=20, random_state=0), data, labels)
    display = DecisionRegionDisplay.from_estimator(model, data, labels, grid_resolution=30)
    check(display.figure_)
    shown = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert shown == [str(label) for label in range(n)]


def _sick(kind):
    small = {"max_iter": 8, "random_state": 0}
    if kind in ("of one unit", "of no hidden layer"):
        return fit(MLPClassifier((1,) if kind == "of one unit" else (), **small))
    if kind == "an ensemble":
        return fit(MLPClassifier((6, 5), ensemble_size=3, **small))
    if kind in ("of large targets", "of tiny targets"):
        target = X[:, 0] * (1e6 if kind == "of large targets" else 1e-12)
        return fit(MLPRegressor(hidden_layer_sizes=(6,), **small), y=target)
    if kind == "after one epoch":
        return fit(MLPClassifier((6,), max_iter=1, random_state=0))
    model = fit(MLPClassifier((6, 5), "tanh" if kind == "saturated" else "relu", **small))
    if kind == "dead":
        model.intercepts_[1][:] = -100
    elif kind == "partly dead":
        model.intercepts_[1][[1, 3]] = -100
    elif kind == "saturated":
        model.coefs_ = [1e4 * coef for coef in model.coefs_]
    elif kind == "constant":
        model.coefs_ = [0 * coef for coef in model.coefs_]
    elif kind == "diverged":
        model.history_["loss"][-2:] = [1e200, np.inf]
        model.coefs_ = [1e30 * coef for coef in model.coefs_]
    return model


SICK = [
    "healthy",
    "dead",
    slow("partly dead"),
    "saturated",
    slow("constant"),
    "diverged",
    slow("after one epoch"),
    slow("of one unit"),
    "of no hidden layer",
    "an ensemble",
    slow("of large targets"),
    slow("of tiny targets"),
]
DRAWN = {
    "loss curves": lambda model, targets: LossCurveDisplay.from_estimator(model),
    "gradients": lambda model, targets: GradientFlowDisplay.from_estimator(model, X, targets),
    "sparsity": lambda model, targets: SparsityDisplay.from_estimator(model, X),
    "weights": lambda model, targets: WeightsDisplay.from_estimator(model),
    "images": lambda model, targets: WeightsDisplay.from_estimator(model, image_shape=(1, 2)),
    "regions": lambda model, targets: DecisionRegionDisplay.from_estimator(
        model, X, targets, grid_resolution=20
    ),
}


@pytest.mark.parametrize("kind", SICK)
@pytest.mark.parametrize("name", DRAWN)
def test_networks_in_health_and_in_sickness(name, kind):
    model = _sick(kind)
    targets = y if hasattr(model, "classes_") else X[:, 0]
    if name == "sparsity" and kind == "of no hidden layer":
        with pytest.raises(ValueError, match="the network has no hidden layer"):
            DRAWN[name](model, targets)
        return
    check(DRAWN[name](model, targets).figure_)


def test_a_layer_without_a_dead_unit_has_no_mark_of_one():
    for active, marks in (
        (np.ones((9, 4), bool), 0),
        (np.eye(9, 4) > 0, 0),
        (np.eye(9, 12) > 0, 1),
    ):
        display = SparsityDisplay(active).plot()
        assert len(display.rates_ax_.lines) == marks
        heights = [ax.get_window_extent().height for ax in (display.rates_ax_, display.ax_)]
        check(display.figure_)
        assert 0.2 < heights[0] / heights[1] < 0.5


def test_where_no_gradient_arrives_it_is_said():
    nothing = GradientFlowDisplay({"dead": np.zeros(3)}).plot()
    something = GradientFlowDisplay({"dead": np.zeros(3), "alive": np.ones(3)}).plot()
    assert [text.get_text() for text in nothing.ax_.texts] == ["no gradient reaches any layer"]
    assert not something.ax_.texts
    check(nothing.figure_)
    check(something.figure_)


@pytest.mark.parametrize("n", [2, 6, 12])
@pytest.mark.parametrize("of", ["activations", "networks"])
def test_equal_scores_are_written_only_where_there_is_room(of, n):
    cells = [(NAMES[i], None, "1 layer of 9") for i in range(n)]
    if of == "networks":
        cells = [("relu", None, f"{i} layers of 9") for i in range(n)]
    equal = dict.fromkeys(cells, np.array([1.0, 1.0]))
    display = ComparisonDisplay(equal, baseline=(1.0, "most frequent class")).plot()
    check(display.figure_)
    if n < 12:
        assert len(display.ax_.texts) == n


def test_long_names_and_bad_scores():
    series = [(repr(LeakyReLU(i / 7)), "glorot_truncated_normal") for i in range(3)]
    check(ComparisonDisplay(scores(series, [LONG, "3 layers: 64,32,16"])).plot().figure_)
    wide = {
        ("relu", None, "1 layer of 3"): [-1e6, -3e5],
        ("tanh", None, "1 layer of 3"): [0.5, 0.6],
    }
    wide = {cell: np.array(each) for cell, each in wide.items()}
    check(ComparisonDisplay(wide, baseline=(0.0, "mean of the target")).plot().figure_)
    check(ActivationDisplay.from_activations(["relu", LeakyReLU(1 / 7)]).figure_)


@pytest.mark.parametrize("layout", ["constrained", "tight"])
@pytest.mark.parametrize("n", [1, 8])
def test_pictures_in_a_users_figure(layout, n, networks):
    figure, axes = plt.subplots(1, 2, figsize=(13, 5), layout=layout)
    LossCurveDisplay.from_estimator(networks(n), ax=axes[0])
    GradientFlowDisplay.from_estimator(networks(n), X, y, ax=axes[1])
    check(figure)
    assert tuple(figure.get_size_inches()) == (13, 5)


def test_without_a_layout_legends_are_inside_of_the_axes(networks):
    _, axes = plt.subplots(1, 2, figsize=(13, 5))
    for display in (
        LossCurveDisplay.from_estimator(networks(3), ax=axes[0]),
        GradientFlowDisplay.from_estimator(networks(3), X, y, ax=axes[1]),
    ):
        display.figure_.canvas.draw()
        legend, whole = display.ax_.get_legend().get_window_extent(), display.ax_.bbox
        assert whole.x0 <= legend.x0
        assert legend.x1 <= whole.x1


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(
    ("n_activations", "n_networks"), [(1, 1), (3, 2), slow(8, 3), slow(20, 1), slow(1, 8)]
)
def test_the_figure_of_a_comparison(n_activations, n_networks):
    sizes = [(2,), tuple(range(30, 20, -1)), *((i,) * 2 for i in range(3, 9))][:n_networks]
    options = {"activations": NAMES[:n_activations], "networks": sizes, "folds": 2, "max_iter": 2}
    check(comparison_figure(sklearn_relu.compare(X, y, **options), X, y))


class TestTheCheckItself:
    """It sees what it is there for."""

    def figure(self, break_it):
        figure, ax = plt.subplots(figsize=(5, 4), layout="constrained")
        ax.plot([0, 1], [0, 1], color="C0", label="a")
        ax.plot([0, 1], [1, 0], color="C1", label="b")
        break_it(figure, ax)
        return figure

    @pytest.mark.filterwarnings("ignore:constrained_layout not applied:UserWarning")
    @pytest.mark.parametrize(
        ("break_it", "fault"),
        [
            (lambda figure, ax: None, None),
            (lambda figure, ax: ax.text(0.5, 0.5, "x") and ax.text(0.5, 0.5, "x"), "is over"),
            (lambda figure, ax: figure.text(0.95, 0.5, "far too long"), "is not all in the figure"),
            (
                lambda figure, ax: ax.plot([0, 1], [0, 0], color="C0", label="c") and ax.legend(),
                "alike",
            ),
            (lambda figure, ax: ax.plot([], [], clip_on=False), "has no place"),
            (
                lambda figure, ax: ax.plot([9], [9], "x", clip_on=False) and ax.set_xlim(0, 1),
                "no place",
            ),
            (lambda figure, ax: figure.add_axes((0.2, 0.2, 0.5, 0.5)), "is over axes"),
        ],
    )
    def test_faults_are_seen(self, break_it, fault):
        found = pictures.faults(self.figure(break_it))
        assert not found if fault is None else any(fault in each for each in found)
