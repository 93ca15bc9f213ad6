"""Loss curves."""

import warnings
from dataclasses import dataclass

import numpy as np
from joblib import Parallel, delayed
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from sklearn_relu.displays.base import Display
from sklearn_relu.displays.comparison import layers_in_words
from sklearn_relu.displays.style import (
    draw_legend,
    marks_along,
    named_models,
    styles,
    whole_numbers,
)
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


class LossCurveDisplay(Display):
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
    def from_estimator(cls, estimator, *, name=None, ax=None):
        """Draw the curves of fitted models.

        Parameters
        ----------
        estimator : estimator, list of estimator, or dict of str to estimator
            Fitted; each an MLPClassifier or MLPRegressor of this package or scikit-learn's own, or
            a Pipeline that ends in one. Several are drawn over each other.
        name : str, default=None
            What a single model is called in the legend; None takes its activation.
        ax : matplotlib Axes, default=None
            None makes a figure.

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
        return cls({name: _curve(name, model) for name, model in models.items()}).plot(ax=ax)

    @classmethod
    def from_search(cls, search, X=None, y=None, *, n_jobs=None, ax=None):
        """Draw the curves of a search's candidates.

        Parameters
        ----------
        search : GridSearchCV or another search
            Fitted. It keeps the best estimator only, so the others are fitted once more to all
            rows.
        X : {array-like, DataFrame} of shape (n_samples, n_features), default=None
            Without data the best estimator's curve is drawn.
        y : array-like of shape (n_samples,), default=None
        n_jobs : int, default=None
            Processes for the fits.
        ax : matplotlib Axes, default=None

        Returns
        -------
        display : LossCurveDisplay
        """
        candidates = search.cv_results_["params"]
        if X is None:
            best = candidates[search.best_index_]
            return cls.from_estimator({_in_words(best, candidates): search.best_estimator_}, ax=ax)
        models = Parallel(n_jobs=n_jobs)(
            delayed(_fit)(clone(search.estimator).set_params(**clone(params, safe=False)), X, y)
            for params in candidates
        )
        names = [_in_words(params, candidates) for params in candidates]
        return cls.from_estimator(dict(zip(names, models, strict=True)), ax=ax)

    def _draw(self, ax) -> None:
        self.lines_, self.best_ = {}, {}
        for style, (name, curve) in zip(styles(len(self.curves)), self.curves.items(), strict=True):
            color = style["color"]
            lines = [
                ax.plot(_epochs(y), y, dashes, color=color, **marks_along(style, len(y)))[0]
                for dashes, losses in (("-", curve.training), ("--", curve.validation))
                for y in losses
            ]
            self.lines_[name] = lines
            shown = curve.validation or curve.training
            self.best_[name] = [
                ax.plot(best, y[best - 1], style["marker"], color=color, markersize=7)[0]
                for best, y in zip(curve.best_epoch, shown, strict=True)
            ]
            ax.plot([], [], "-" + style["marker"], color=color, label=name)
        if any(curve.validation for curve in self.curves.values()):
            ax.plot([], [], "--", color="0.4", label="validation")
        ax.set_yscale("log")
        whole_numbers(ax.xaxis)
        ax.set_xlabel("epoch (the best one is marked)")
        ax.set_ylabel("loss")
        ax.grid(alpha=0.3)
        draw_legend(ax)


def _curve(name: str, model) -> LossCurve:
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


def _epochs(losses: np.ndarray) -> np.ndarray:
    return np.arange(1, len(losses) + 1)


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
    return str(value) if name == "activation" else f"{name}={value}"
