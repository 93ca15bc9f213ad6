"""Loss curves."""

import warnings
from dataclasses import dataclass

import numpy as np
from joblib import Parallel, delayed
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from sklearn_relu.displays.base import CurveDisplay, with_options
from sklearn_relu.displays.candidates import layers_in_words
from sklearn_relu.displays.style import (
    draw_legend,
    in_words,
    marks_along,
    named_models,
    styles,
)
from sklearn_relu.displays.ticks import logarithmic, whole_numbers
from sklearn_relu.estimators.fitted import Fitted
from sklearn_relu.exceptions import TrainingWarning
from sklearn_relu.inspection.model import own_network


@dataclass(frozen=True)
class LossCurve:
    """The curves of one model, one a network.

    Attributes
    ----------
    training, validation : list of ndarray of shape (n_epochs,)
        `validation` is empty if there were no held-out rows.
    best_epoch : list of int
        Counted from 1: the one with the best validation score under early stopping, else with the
        lowest validation loss, else with the lowest training loss.
    """

    training: list[np.ndarray]
    validation: list[np.ndarray]
    best_epoch: list[int]


class LossCurveDisplay(CurveDisplay):
    """The loss of each epoch, in training and on held-out rows.

    Training losses are full lines, validation losses broken ones. The best epoch of each network
    has a mark.

    Parameters
    ----------
    curves : dict of str to LossCurve
        By the models' names.

    Attributes
    ----------
    lines_ : dict of str to list of matplotlib Line2D
        For each model the training curves, then the validation curves, one a network.
    best_ : dict of str to list of matplotlib Line2D
        The marks of the best epochs.
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    """

    _figsize = (7, 4.5)

    def __init__(self, curves):
        self.curves = curves

    @classmethod
    def from_estimator(cls, estimator, *, name=None, ax=None, curve_kwargs=None):
        """Draw the curves of fitted models.

        Parameters
        ----------
        estimator : estimator, list of estimator, or dict of str to estimator
            Fitted; each an MLPClassifier or MLPRegressor of this package or scikit-learn's own, or
            a Pipeline that ends in one. Several are drawn over each other.
        name : str or list of str, default=None
            Names for the legend; None takes the models' activations.
        ax : matplotlib Axes, default=None
            None makes a figure.
        curve_kwargs : dict or list of dict, default=None
            Options for ``Axes.plot``, for all models or for each.

        Returns
        -------
        display : LossCurveDisplay

        Raises
        ------
        NotFittedError
            If a model is not fitted.
        ValueError
            If a model noted no losses, such as scikit-learn's own under lbfgs.
        """
        models = named_models(estimator, name)
        curves = {name: loss_curve(name, model) for name, model in models.items()}
        return cls(curves).plot(ax, curve_kwargs=curve_kwargs)

    @classmethod
    def from_search(cls, search, X=None, y=None, *, n_jobs=None, ax=None, curve_kwargs=None):
        """Draw the curves of a search's candidates.

        Parameters
        ----------
        search : GridSearchCV or another search
            Fitted. It keeps the best estimator only, so the others are fitted once more to all
            rows, but for those of which a fit failed.
        X : {array-like, DataFrame} of shape (n_samples, n_features), default=None
            Without data the best estimator's curve is drawn.
        y : array-like of shape (n_samples,), default=None
        n_jobs : int, default=None
            Processes for the fits.
        ax : matplotlib Axes, default=None
        curve_kwargs : dict or list of dict, default=None

        Returns
        -------
        display : LossCurveDisplay
        """
        candidates = search.cv_results_["params"]
        if X is None:
            best = candidates[search.best_index_]
            models = {_in_words(best, candidates): search.best_estimator_}
            return cls.from_estimator(models, ax=ax, curve_kwargs=curve_kwargs)
        candidates = _finished(search)
        fitted = Parallel(n_jobs=n_jobs)(
            delayed(_fit)(clone(search.estimator).set_params(**clone(params, safe=False)), X, y)
            for params in candidates
        )
        names = [_in_words(params, candidates) for params in candidates]
        models = dict(zip(names, fitted, strict=True))
        return cls.from_estimator(models, ax=ax, curve_kwargs=curve_kwargs)

    def _names(self):
        return list(self.curves)

    def _draw(self, ax, *, names, options) -> None:
        self.lines_, self.best_ = {}, {}
        for style, (name, curve), label, given in zip(
            styles(len(self.curves)), self.curves.items(), names, options, strict=True
        ):
            self.lines_[name], self.best_[name] = draw_curve(ax, curve, style, given)
            look = {"color": style["color"], "marker": style["marker"], "label": label}
            ax.plot([], [], **with_options(look, given))
        if any(curve.validation for curve in self.curves.values()):
            ax.plot([], [], "--", color="0.4", label="validation")
        logarithmic(ax.yaxis)
        whole_numbers(ax.xaxis)
        ax.set_xlabel("epoch (the best one is marked)")
        ax.set_ylabel("loss")
        ax.grid(alpha=0.3)
        draw_legend(ax)


def draw_curve(ax, curve: LossCurve, style: dict, options: dict) -> tuple[list, list]:
    """Draw the curves of one model.

    Parameters
    ----------
    ax : matplotlib Axes
    curve : LossCurve
    style : dict
        Of :func:`sklearn_relu.displays.style.styles`.
    options : dict
        For ``Axes.plot``.

    Returns
    -------
    lines, best : list of matplotlib Line2D
        Training curves, then validation curves; the marks of the best epochs.
    """
    color = style["color"]
    lines = [
        ax.plot(
            np.arange(1, len(losses) + 1),
            losses,
            **with_options(
                {"linestyle": dashes, "color": color} | marks_along(style, len(losses)), options
            )
            | {"label": "_"},
        )[0]
        for dashes, curves in (("-", curve.training), ("--", curve.validation))
        for losses in curves
    ]
    mark = {"marker": style["marker"], "color": color, "markersize": 7}
    mark = with_options(mark, options) | {"linestyle": "none", "label": "_"}
    best = [
        ax.plot(epoch, losses[epoch - 1], **mark)[0]
        for epoch, losses in zip(curve.best_epoch, curve.validation or curve.training, strict=True)
    ]
    return lines, best


def loss_curve(name: str, model) -> LossCurve:
    """The curves of a fitted model.

    Parameters
    ----------
    name : str
        For the error.
    model : estimator

    Returns
    -------
    curve : LossCurve

    Raises
    ------
    ValueError
        If the model noted no losses.
    """
    network = own_network(model)
    fitted = Fitted(network)
    training = fitted.curves("loss")
    if not training[0].size:
        raise ValueError(
            f"{name!r} noted no losses, so there is no curve: scikit-learn's networks have none "
            "under solver='lbfgs'. Those of sklearn_relu have one under every solver."
        )
    validation = fitted.curves("validation_loss")
    validation = [curve for curve in validation if np.isfinite(curve).all()]
    goodness = [-curve for curve in validation or training]
    if getattr(network, "validation_scores_", None) is not None:
        goodness = fitted.curves("validation_score")
    return LossCurve(training, validation, [int(np.nanargmax(each)) + 1 for each in goodness])


def _finished(search) -> list[dict]:
    """The candidates of which no fit failed."""
    results = search.cv_results_
    means = np.array([results[name] for name in results if name.startswith("mean_test_")])
    is_finite = np.atleast_1d(np.isfinite(means).all(axis=0))
    return [params for params, each in zip(results["params"], is_finite, strict=True) if each]


def _fit(model, X, y):
    with warnings.catch_warnings():
        # The curves show it.
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", TrainingWarning)
        return model.fit(X, y)


def _in_words(params: dict, candidates: list[dict]) -> str:
    """The values that tell a candidate from the others, without the path of steps."""
    differing = [k for k in params if any(str(c.get(k)) != str(params[k]) for c in candidates)]
    return ", ".join(_setting(key.rpartition("__")[2], params[key]) for key in differing or params)


def _setting(name: str, value) -> str:
    if name == "hidden_layer_sizes":
        return layers_in_words(value)
    return in_words(value) if name == "activation" else f"{name}={in_words(value)}"
