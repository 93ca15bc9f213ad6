"""Rules of losses: targets, links and predictions."""

import numpy as np
from scipy.special import expit, softmax

from sklearn_relu.losses import Loss
from sklearn_relu.testing.reporting import (
    call,
    fail,
    require,
    require_close,
    require_unwritten,
    same_bits,
)
from sklearn_relu.testing.targets import (
    N_TARGETS,
    batch,
    evaluate,
    excludes_others,
    plain_targets,
)

LINKS = {
    "identity": lambda raw: raw,
    "logistic": expit,
    "exp": np.exp,
    "softmax": lambda raw: softmax(raw, axis=-1),
}
"""Inverse links by the names that scikit-learn's ``out_activation_`` may have, and ``exp``."""

ASIDE = 0.2
"""How far other constants are from the best one."""


def kind_of_targets_is_told(part: Loss) -> None:
    """The loss is for classes or for numbers; probabilities are of classes."""
    require(
        part.for_classes or part.for_numbers,
        part,
        "for_numbers",
        "and for_classes are False, so that no estimator takes the loss",
        "Set for_classes = True for MLPClassifier, for_numbers = True for MLPRegressor.",
    )
    require(
        part.for_classes or not part.gives_probabilities,
        part,
        "gives_probabilities",
        "is True, and for_classes is False",
        "Set both, or neither.",
    )


def raw_outputs_are_in_proportion_to_the_targets(part: Loss) -> None:
    """``n_raw`` is the same whole multiple of any number of targets."""
    of_one = call(part, "n_raw", 2) // 2
    for n_targets in range(1, 6):
        n_raw = call(part, "n_raw", n_targets)
        require(
            isinstance(n_raw, int | np.integer) and n_raw == n_targets * of_one and of_one >= 1,
            part,
            "n_raw",
            f"gives {n_raw!r} for {n_targets} targets, and {call(part, 'n_raw', 2)!r} for 2",
            "Return n_targets times a whole number; target k has every n_targets-th column, from "
            "the k-th on.",
        )


def encoding_gives_floats_and_leaves_targets(part: Loss) -> None:
    """``encode`` gives new floats of the same shape, and does not write to the targets."""
    y = plain_targets(part, 20)[0]
    require_unwritten(part, "encode", {"y": y}, lambda: call(part, "encode", y))
    encoded = call(part, "encode", y)
    require(
        encoded.shape == y.shape and encoded.dtype.kind == "f" and np.isfinite(encoded).all(),
        part,
        "encode",
        f"gives {encoded.dtype} of shape {encoded.shape} for targets of shape {y.shape}",
        "Return finite floats of the same shape.",
    )


def targets_outside_the_domain_are_refused(part: Loss) -> None:
    """``encode`` raises ValueError for a target outside `domain`."""
    for bound, beyond in ((part.domain.left, -1.0), (part.domain.right, 1.0)):
        if bound is None or not np.isfinite(bound):
            continue
        y = plain_targets(part, 20)[0].copy()
        y[3, 1] = bound + beyond
        try:
            part.encode(y)
        except ValueError:
            continue
        fail(
            part,
            "encode",
            f"takes the target {y[3, 1]:g}, and the domain ends at {bound:g}",
            "Call super().encode(y) first: it raises ValueError, which says what is allowed.",
        )


def predictions_are_by_the_named_link(part: Loss) -> None:
    """``predict`` gives a column for each target, and does not write; it is the link that
    `out_activation` names, if that is a known one."""
    n_raw = call(part, "n_raw", N_TARGETS)
    raw = np.random.RandomState(0).normal(size=(2, 5, n_raw))
    require_unwritten(part, "predict", {"raw": raw}, lambda: call(part, "predict", raw))
    for given in (raw, raw[0]):
        predicted = call(part, "predict", given)
        require(
            np.shape(predicted) == (*given.shape[:-1], N_TARGETS),
            part,
            "predict",
            f"gives shape {np.shape(predicted)} for raw outputs of shape {given.shape}",
            "Return (..., n_targets) for (..., n_raw): the last axis alone counts outputs.",
        )
        if part.out_activation in LINKS:
            require_close(
                part,
                "predict",
                f"is not the inverse link that out_activation={part.out_activation!r} names",
                predicted,
                LINKS[part.out_activation](given)[..., :N_TARGETS],
                f"Name the link that it is; known are {sorted(LINKS)}, and others may have any "
                "name.",
            )


def probabilities_are_such(part: Loss) -> None:
    """With `gives_probabilities`, predictions lie in [0, 1]; of a softmax they sum to 1."""
    if not part.gives_probabilities:
        return
    raw = np.random.RandomState(0).normal(0, 5, (40, call(part, "n_raw", N_TARGETS)))
    predicted = call(part, "predict", raw)
    require(
        predicted.min() >= 0 and predicted.max() <= 1,
        part,
        "gives_probabilities",
        f"is True, and predict gives numbers from {predicted.min():.3g} to {predicted.max():.3g}",
        "Set it to False, or give probabilities.",
    )


def constant_is_the_best_one(part: Loss) -> None:
    """``constant`` has the least loss of all raw outputs that are the same for all samples."""
    plain = plain_targets(part, 40)[0]
    plain[:15] = plain[0]
    y = call(part, "encode", plain)
    for weight in (None, np.linspace(0.1, 2, len(y))[:, None]):
        constant = call(part, "constant", y, weight)
        n_raw = call(part, "n_raw", N_TARGETS)
        require(
            np.shape(constant) == (n_raw,),
            part,
            "constant",
            f"gives shape {np.shape(constant)}",
            f"Return the raw outputs of one sample, here of shape ({n_raw},).",
        )
        least = _loss_of(part, constant, y, weight)
        for k in range(n_raw):
            for aside in (ASIDE, -ASIDE):
                other = np.array(constant, dtype=np.float64)
                other[k] += aside
                better = _loss_of(part, other, y, weight)
                require(
                    not better < least - 1e-6 * (1 + abs(least)),
                    part,
                    "constant",
                    f"is not the best: the loss is {least:.6g}, and {better:.6g} where raw output "
                    f"{k} is {other[k]:.6g} in place of {constant[k]:.6g}",
                    "Leave it to the base class, which searches, or give the best raw outputs: "
                    "before the link, and by weight.",
                )


def _loss_of(part, constant, y, weight):
    raw = np.tile(np.asarray(constant, dtype=np.float64), (1, len(y), 1))
    weights = None if weight is None else weight[None]
    return evaluate(part, y[None], raw, weights)[0][0]


def decisions_tell_classes_apart_as_predictions_do(part: Loss) -> None:
    """``decision`` gives (n_samples, n_targets) for several networks; of one network it tells the
    classes apart as `predict` and `threshold` do."""
    raw = np.random.RandomState(0).normal(size=(4, 20, call(part, "n_raw", N_TARGETS)))
    if not part.for_classes:
        return
    decision = call(part, "decision", raw)
    require(
        np.shape(decision) == (20, N_TARGETS),
        part,
        "decision",
        f"gives shape {np.shape(decision)} for 4 networks, 20 samples and {N_TARGETS} targets",
        "Take the mean over the first axis, which counts networks.",
    )
    one, predicted = call(part, "decision", raw[:1]), call(part, "predict", raw[0])
    if excludes_others(part):
        agrees = same_bits(one.argmax(axis=1), predicted.argmax(axis=1))
    else:
        agrees = same_bits(one > 0, predicted > part.threshold)
    require(
        agrees,
        part,
        "decision",
        "and predict do not tell the classes apart in the same way",
        "decision is above 0 just where predict is above threshold; of several classes both are "
        "highest for the same one.",
    )


def shifted_targets_shift_predictions(part: Loss) -> None:
    """With `any_real_target`, targets and raw outputs that are shifted alike have the same loss."""
    if not part.any_real_target:
        return
    y, raw, _ = batch(part)
    shift = np.zeros(raw.shape[-1])
    shift[:N_TARGETS] = 5
    require_close(
        part,
        "any_real_target",
        "is True, and a shift of targets and raw outputs changes the loss",
        evaluate(part, y + 5, raw + shift)[0],
        evaluate(part, y, raw)[0],
        "Set it to False: estimators standardize targets of such a loss.",
    )


def variances_are_given_or_refused(part: Loss) -> None:
    """With `gives_variance`, ``variance`` gives numbers above 0; else it raises ValueError."""
    raw = np.random.RandomState(0).normal(size=(2, 5, call(part, "n_raw", N_TARGETS)))
    if not part.gives_variance:
        try:
            part.variance(raw)
        except ValueError:
            return
        fail(
            part,
            "variance",
            "gives something, though gives_variance is False",
            "Set gives_variance = True, or leave variance to the base class.",
        )
    variance = call(part, "variance", raw)
    require(
        np.shape(variance) == (2, 5, N_TARGETS) and (variance > 0).all(),
        part,
        "variance",
        f"gives shape {np.shape(variance)}, or numbers that are not above 0",
        "Return (..., n_targets) for (..., n_raw), all above 0.",
    )


def forms_for_other_targets_are_losses(part: Loss) -> None:
    """``for_target`` gives a loss with the same hyper-parameters, which stays as it is."""
    for target_type in ("binary", "multiclass", "multilabel-indicator", "continuous"):
        turned = call(part, "for_target", target_type)
        require(
            isinstance(turned, Loss) and turned.get_params() == part.get_params(),
            part,
            "for_target",
            f"gives {turned!r} for {target_type!r} targets of {part!r}",
            "Return self, or another loss with the same hyper-parameters.",
        )
        require(
            turned.for_target(target_type) is turned,
            part,
            "for_target",
            f"gives for {target_type!r} targets a loss that is turned again",
            "Its own for_target has to return itself.",
        )


CHECKS = (
    kind_of_targets_is_told,
    raw_outputs_are_in_proportion_to_the_targets,
    encoding_gives_floats_and_leaves_targets,
    targets_outside_the_domain_are_refused,
    predictions_are_by_the_named_link,
    probabilities_are_such,
    constant_is_the_best_one,
    decisions_tell_classes_apart_as_predictions_do,
    shifted_targets_shift_predictions,
    variances_are_given_or_refused,
    forms_for_other_targets_are_losses,
)
