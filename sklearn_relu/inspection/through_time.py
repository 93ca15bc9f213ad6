"""How the gradient flows back through the steps of series."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sklearn_relu.estimators.findings import EXPLODED, VANISHED
from sklearn_relu.inspection.gradients import loss_gradients
from sklearn_relu.inspection.model import Network, fitted_problem, initial_problem
from sklearn_relu.inspection.report import Report, by_layer, frame_of, without_axis_of_one
from sklearn_relu.network.through_time import ThroughTime


@dataclass(frozen=True, eq=False, repr=False)
class GradientThroughTime(Report):
    """How large the gradient is at each step of series, on its way back through time.

    Norms are those of the gradient of a series' loss for the summed inputs of a step, which its
    gradient for the weights is made of. Steps count back from the end of each series. With one
    network the arrays have no network axis.

    The gradient of a layer **vanishes** where `ratio` is below 0.001, and **explodes** where it is
    above 1000; else it **is kept**.

    Attributes
    ----------
    norms : ndarray of shape (n_layers, n_steps) or (n_networks, n_layers, n_steps)
        ``norms[..., k]`` is the root mean square over the series that have a step k steps before
        their last one.
    n_series : ndarray of int of shape (n_steps,)
        The number of series that have the step.
    n_steps : int
        Steps that at least half of the series have: `ratio` is over these.
    ratio : ndarray of shape (n_layers,) or (n_networks, n_layers)
        The norm at the first of these steps over that at the last one, of the series that have
        both. NaN where there is no gradient at the last step.

    References
    ----------
    Bengio, Simard & Frasconi (1994), Learning long-term dependencies with gradient descent is
    difficult. Pascanu, Mikolov & Bengio (2013), On the difficulty of training recurrent neural
    networks.
    """

    norms: np.ndarray
    n_series: np.ndarray
    n_steps: int
    ratio: np.ndarray

    @property
    def factor(self) -> np.ndarray:
        """The factor of the norm from a step to the one before it, on geometric average."""
        return self.ratio ** (1 / max(1, self.n_steps - 1))

    @property
    def verdicts(self) -> list[str]:
        """ "vanishes", "explodes", "is kept" or, without any gradient, "is 0": one for each layer,
        of an ensemble those of one network after the other."""
        return [_verdict(ratio) for ratio in np.ravel(self.ratio)]

    def to_frame(self, by="layer"):
        """The report as a data frame.

        Parameters
        ----------
        by : {"layer", "step"}, default="layer"
            What has a row.

        Returns
        -------
        frame : pandas.DataFrame

        Raises
        ------
        ValueError
            For another value of `by`.
        """
        if by == "layer":
            return super().to_frame()
        if by != "step":
            raise ValueError(f"by must be 'layer' or 'step'; got {by!r}.")
        return frame_of(self._step_columns())

    def _title(self):
        factors = np.atleast_2d(self.factor)
        said = [f"layer {i} {_span(of_layer)}" for i, of_layer in enumerate(factors.T, start=1)]
        words = " and ".join(dict.fromkeys(self.verdicts))
        return f"the gradient {words} over {self.n_steps} steps; a step back: {', '.join(said)}"

    def _columns(self):
        first = self.norms[..., self.n_steps - 1]
        return by_layer(
            {
                "last_step": self.norms[..., 0],
                "first_step": first,
                "ratio": self.ratio,
                "factor": self.factor,
                "gradient": np.reshape(self.verdicts, self.ratio.shape),
            }
        )

    def _step_columns(self) -> dict[str, Sequence]:
        shape = self.norms.shape
        names = ("network", "layer", "steps_back")[-len(shape) :]
        places: dict = dict(zip(names, np.indices(shape).reshape(len(shape), -1), strict=True))
        places["layer"] = places["layer"] + 1
        n_series = np.broadcast_to(self.n_series, shape)
        return places | {"norm": self.norms.ravel(), "n_series": n_series.ravel()}


def gradient_through_time(model, X, y, *, initial=False) -> GradientThroughTime:
    """The gradient of the loss on X and y, step by step back through the series.

    Where it vanishes, a network cannot learn what the first steps have to do with the target; where
    it explodes, training leaps.

    Parameters
    ----------
    model : estimator
        An RNNClassifier or RNNRegressor, or a Pipeline that ends in one. Fitted, unless `initial`.
    X : array-like or list of array-like
        Series as in ``fit``, of equal or of unequal lengths.
    y : array-like of shape (n_series,) or (n_series, n_outputs)
    initial : bool, default=False
        Whether to look at the start of training, as for
        :func:`~sklearn_relu.inspection.gradient_report`.

    Returns
    -------
    report : GradientThroughTime

    Raises
    ------
    NotFittedError
        If the model is not fitted and `initial` is False.
    TypeError
        If the model does not end in a recurrent network.
    ValueError
        As ``fit`` for parameters or data that cannot be used.

    Examples
    --------
    A rectified network whose state starts by being kept, and one of small weights:

    >>> import numpy as np
    >>> from sklearn_relu import RNNRegressor
    >>> from sklearn_relu.inspection import gradient_through_time
    >>> X = np.random.default_rng(0).normal(size=(50, 40))
    >>> kept = RNNRegressor(20, random_state=0)
    >>> gradient_through_time(kept, X, X[:, 0], initial=True).verdicts
    ['is kept']
    >>> small = RNNRegressor(20, recurrent_initialization="small_normal", random_state=0)
    >>> gradient_through_time(small, X, X[:, 0], initial=True).verdicts
    ['vanishes']
    """
    problem = (initial_problem if initial else fitted_problem)(model, X, y)
    layers = check_reads_series(problem.network, "gradient_through_time", model)
    parts: list[list[ThroughTime]] = [[] for _ in layers]
    for trace, flow in loss_gradients(problem):
        for i, of_layer in zip(layers, parts, strict=True):
            of_layer.append(ThroughTime.of(trace, i, flow.z[i]))
    found = [ThroughTime.joined(of_layer) for of_layer in parts]
    return GradientThroughTime(
        without_axis_of_one(np.stack([each.norms for each in found], axis=1)),
        found[0].counts,
        found[0].reach,
        without_axis_of_one(np.stack([each.ratio for each in found], axis=1)),
    )


def check_reads_series(network: Network, what: str, model) -> list[int]:
    """The numbers of the layers that read series.

    Raises
    ------
    TypeError
        If there are none; `what` needs them.
    """
    found = [i for i, layer in enumerate(network.layers) if layer.reads_series]
    if not found:
        raise TypeError(
            f"{what} needs a recurrent network; got {model!r}. Fit an RNNClassifier or "
            "RNNRegressor."
        )
    return found


def _span(factors: np.ndarray) -> str:
    """The factors of all networks that have one, from the least to the largest."""
    known = factors[~np.isnan(factors)]
    if not len(known):
        return "-"
    ends = dict.fromkeys(f"{end:.3g}" for end in (known.min(), known.max()))
    return f"x {' to '.join(ends)}"


def _verdict(ratio: float) -> str:
    if np.isnan(ratio):
        return "is 0"
    return "vanishes" if ratio < VANISHED else "explodes" if ratio > EXPLODED else "is kept"
