"""Every display with few and many series, in health and in sickness: nothing outside, nothing over
anything else, and no two entries of a legend that look alike."""

import warnings

import numpy as np
import pytest
from helpers import slow
from sklearn.datasets import make_blobs, make_moons
from sklearn.model_selection import GridSearchCV

import sklearn_relu
from sklearn_relu import MLPClassifier, MLPRegressor
from sklearn_relu.activations import ACTIVATIONS, LeakyReLU
from sklearn_relu.comparison import comparison_figure
from sklearn_relu.displays import (
    ActivationDisplay,
    ComparisonDisplay,
    DecisionRegionDisplay,
    GradientFlowDisplay,
    LossCurve,
    LossCurveDisplay,
    ReconstructionDisplay,
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
    "reconstructed images": lambda n, _: ReconstructionDisplay(
        RNG.normal(size=(n, 12)), RNG.normal(size=(n, 12)), image_shape=(3, 4)
    ).plot(),
    "reconstructed rows": lambda n, _: ReconstructionDisplay(
        RNG.normal(size=(n, 12)), RNG.normal(size=(n, 12))
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


@pytest.mark.slow
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


NETWORKS = ["1 layer of 100", "2 layers of 100", LONG]
PROBLEMS = {
    "none": {},
    "one failed": {0: np.nan},
    "all failed": dict.fromkeys(range(99), np.nan),
    "one hopeless": {0: -1e6},
    "one hopeless, one failed": {0: -1e6, 1: np.nan},
    "all equal": dict.fromkeys(range(99), 0.5),
    "all tiny": dict.fromkeys(range(99), 1e-9),
}


def troubled(n_activations, n_networks, problem, spread=0.05):
    """Scores of activations and networks, of which some have those of a problem."""
    cells = [(a, None, network) for a in NAMES[:n_activations] for network in NETWORKS[:n_networks]]
    rng = np.random.RandomState(0)
    found = {cell: 0.8 + spread * rng.rand(4) for cell in cells}
    for i, cell in enumerate(cells):
        if i in PROBLEMS[problem]:
            found[cell] = np.full(4, PROBLEMS[problem][i])
    return found


@pytest.mark.parametrize(
    "baseline", [slow(None), slow((0.82, "level")), [(0.5, "low"), (0.83, "high"), (0.7, "third")]]
)
@pytest.mark.parametrize("problem", PROBLEMS)
@pytest.mark.parametrize("shape", [slow((1, 1)), slow((1, 3)), (3, 2), slow((20, 1))], ids=str)
def test_comparisons_in_trouble(shape, problem, baseline):
    cells, joined = troubled(*shape, problem), baseline is None
    display = ComparisonDisplay(cells, baseline=baseline, joined=joined).plot()
    check(display.figure_)
    lines = {line.get_linestyle() for line in display.lines_.values()}
    assert ("None" in lines) is not joined
    labels = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert ("a fit failed" in labels) == any(np.isnan(each).any() for each in cells.values())


@pytest.mark.parametrize("problem", ["one failed", "one hopeless", "one hopeless, one failed"])
@pytest.mark.parametrize("n", [2, 6, 20])
def test_those_in_trouble_do_not_flatten_the_scale_of_the_others(n, problem):
    cells = troubled(n + len(PROBLEMS[problem]), 1, problem)
    display = ComparisonDisplay(cells).plot()
    low, high = display.ax_.get_ylim()
    well = np.array([each for each in cells.values() if each.mean() > 0])
    assert len(well) == n
    assert low < well.min() < well.max() < high
    assert np.ptp(well) > 0.6 * (high - low)
    if len(cells) <= 12:
        written = [text.get_text() for text in display.ax_.texts]
        assert ("-1e6" in written) == ("hopeless" in problem)


@pytest.mark.parametrize("chance", [0.3333, 0.33])
@pytest.mark.parametrize("n_beaten", [0, 1, 4])
@pytest.mark.parametrize(("worst", "is_clipped"), [(0.93, True), (0.6, False)])
def test_those_no_better_than_a_baseline_do_not_flatten_either(worst, is_clipped, n_beaten, chance):
    means = [*np.linspace(worst, 0.95, 3), *[0.3333] * n_beaten]
    cells = {(NAMES[i], None, "a"): mean + np.array([-0.01, 0.01]) for i, mean in enumerate(means)}
    display = ComparisonDisplay(cells, baseline=(chance, "most frequent class")).plot()
    low, _ = display.ax_.get_ylim()
    assert low > 0.85 if is_clipped else low < chance
    labels = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert any("most frequent class: 0.33" in label for label in labels) == is_clipped
    written = [text.get_text() for text in display.ax_.texts]
    assert written.count("0.333") == n_beaten
    check(display.figure_)


@pytest.mark.parametrize("others", [[0.5], [0.8, 0.3], [0.85, 0.8, 0.1]])
def test_candidates_that_are_merely_worse_have_their_place(others):
    means = [0.9, *others]
    cells = {(NAMES[i], None, "a"): mean + np.array([0, 0.01]) for i, mean in enumerate(means)}
    low, high = ComparisonDisplay(cells).plot().ax_.get_ylim()
    assert low < min(means) < max(means) < high


@pytest.mark.parametrize("joined", [False, True])
@pytest.mark.parametrize("shape", [(1, 1), slow((1, 3)), slow((2, 2)), (3, 2)], ids=str)
@pytest.mark.parametrize("width", [6.4, 10])
def test_values_stand_beside_their_means(shape, joined, width):
    _, ax = plt.subplots(figsize=(width, 4.5), layout="constrained")
    cells = troubled(*shape, "none")
    display = ComparisonDisplay(cells, joined=joined).plot(ax)
    check(display.figure_)
    means = {f"{each.mean():.3f}": each.mean() for each in cells.values()}
    assert len(ax.texts) == (len(cells) if width == 10 or len(cells) < 6 else len(ax.texts))
    for text in ax.texts:
        box = text.get_window_extent()
        height = ax.transData.transform((0, means[text.get_text()]))[1]
        assert box.y0 - 12 < height < box.y1 + 12


@pytest.mark.parametrize(
    ("sizes", "are_joined"),
    [
        ([(3,), (3, 3), (3,) * 4], True),
        ([(3,), (5,)], True),
        ([3, np.int64(5)], True),
        ([(3, 3), (3,)], False),
        ([(3,), (5, 5)], False),
        ([(3,), (4, 3)], False),
        ([(3,)], False),
    ],
)
def test_networks_are_joined_only_where_they_grow_in_one_way(sizes, are_joined):
    search = fit(GridSearchCV(MLPClassifier(max_iter=1), {"hidden_layer_sizes": sizes}, cv=2))
    display = ComparisonDisplay.from_search(search)
    (line,) = display.lines_.values()
    assert (line.get_linestyle() != "None") == are_joined
    check(display.figure_)


@pytest.mark.parametrize("length", [2, slow(30), 90])
@pytest.mark.parametrize("n", [1, slow(3), slow(8), 20])
def test_names_of_any_length(n, length):
    names = [(str, np.str_)[i % 2](f"{i}{'x' * length}"[:length]) for i in range(n)]
    weights = WeightsDisplay(RNG.normal(size=(n, n)), titles=names, feature_names=names)
    check(weights.plot().figure_)
    cells = {(name[:30], None, "1 layer of 3"): np.array([0.5, 0.6]) for name in names}
    check(ComparisonDisplay(cells, name=names[0] * 2).plot().figure_)


@pytest.mark.parametrize("length", [1, 30, 90])
def test_names_of_data_frames(length):
    frame = pytest.importorskip("pandas").DataFrame(X, columns=["a" * length, "b" * length])
    model = fit(MLPClassifier((4,), max_iter=5, random_state=0), frame)
    regions = DecisionRegionDisplay.from_estimator(model, frame, y, grid_resolution=9)
    weights = WeightsDisplay.from_estimator(model)
    for display, shown, most in (
        (regions, regions.ax_.get_xlabel(), 40),
        (weights, weights.ax_.get_xticklabels()[0].get_text(), 24),
    ):
        assert set(shown) == ({"a"} if length <= most else {"a", "…"})
        assert len(shown) == min(length, most)
        check(display.figure_)


@pytest.mark.parametrize("shape", [slow((3, 4)), slow((8, 8)), (28, 28), (5, 40), (40, 5)], ids=str)
@pytest.mark.parametrize("n", [1, slow(9), 25])
def test_titles_stand_between_images(n, shape):
    images = RNG.normal(size=(n, np.prod(shape)))
    titles = [str(i) for i in range(n)]
    for order in (None, "largest first"):
        check(WeightsDisplay(images, image_shape=shape, titles=titles, order=order).plot().figure_)


@pytest.mark.parametrize("of", [float, np.float64, np.float32])
def test_numbers_of_numpy_are_written_as_plain_ones(of):
    part = LeakyReLU(of(0.25))
    assert "np." not in repr(LeakyReLU(0.25))
    grid = {"activation": [part, "relu"], "hidden_layer_sizes": [(np.int64(3),), np.array([3, 3])]}
    search = fit(GridSearchCV(MLPClassifier(max_iter=2), grid, cv=2))
    models = [search.best_estimator_.set_params(activation=part)]
    for display in (
        ActivationDisplay.from_activations([part]),
        ComparisonDisplay.from_search(search),
        LossCurveDisplay.from_estimator(models),
        LossCurveDisplay.from_search(search, X, y),
    ):
        labels = [text.get_text() for text in display.ax_.get_legend().get_texts()]
        assert any("LeakyReLU" in label for label in labels)
        assert not any("np." in label for label in labels)
        check(display.figure_)


@pytest.mark.parametrize(
    "ends", [(0.3, 0.5), (0.02, 1.5), (1e-9, 1), (1e-3, 1e7), (2.0, 2.1), (5e11, 5.00001e11)]
)
def test_logarithmic_axes_have_plain_ticks(ends):
    losses = LossCurveDisplay({"a": LossCurve([np.geomspace(*ends, 9)], [], [1])}).plot()
    check(losses.figure_)
    low, high = losses.ax_.get_ylim()
    labels = [
        text.get_text()
        for text, place in zip(losses.ax_.get_yticklabels(), losses.ax_.get_yticks(), strict=True)
        if low <= place <= high
    ]
    assert len(set(labels)) == len(labels) >= 2
    for label, place in zip(
        labels, (each for each in losses.ax_.get_yticks() if low <= each <= high), strict=True
    ):
        assert float(label) == pytest.approx(place)


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
    # Of formulas under older versions of matplotlib.
    @pytest.mark.filterwarnings("ignore::DeprecationWarning")
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
            (lambda figure, ax: ax.text(0.5, 0.5, "x"), "is over line"),
            (lambda figure, ax: ax.plot(0.5, 0.1, "o") and ax.text(0.5, 0.1, "x"), "a mark of"),
            (lambda figure, ax: ax.imshow(np.eye(9)) and ax.text(2, 4, "wide"), "an image"),
            (lambda figure, ax: ax.semilogy([0, 1], [1e-3, 1]), "not plain"),
        ],
    )
    def test_faults_are_seen(self, break_it, fault):
        found = pictures.faults(self.figure(break_it))
        assert not found if fault is None else any(fault in each for each in found)
