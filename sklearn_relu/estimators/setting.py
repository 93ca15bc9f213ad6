"""Settings that no remedy recommends, for they are made already."""

from dataclasses import dataclass

import numpy as np

from sklearn_relu.estimators.parts import Parts, resolve_parts

STRONG = 0.1
"""An alpha of 1,000 times the default may be why nothing was learned."""


@dataclass(frozen=True)
class Setting:
    """The parameters of a fit that remedies need to know, as plain values.

    Each method gives a remedy in words, or nothing where it is set already or there is nothing to
    set.

    Attributes
    ----------
    learning_rate_init : float or None
        None if the solver has no learning rate.
    n_hidden : int
    squashes : bool
        Whether an activation is bounded on both sides, near which its gradient vanishes.
    draws_own : bool
        Whether `initialization` is another than "auto".
    standardizes : bool or None
        `standardize_y`; None if there is nothing to standardize.
    sparsifies : bool
        Whether a penalty sets weights to 0.
    early_stopping : bool
    by_loss : bool
        Whether early stopping goes by the loss.
    alpha, tol : float
    dropout : bool
    scales_inputs : bool, default=False
        Whether the estimator scales inputs itself.
    reads_images : bool, default=False
        Whether inputs are pixels, which have one scale.
    reads_series : bool, default=False
        Whether inputs are series, of which all steps have one scale.
    cell : str, default=""
        `cell`, of a recurrent network.
    draws_own_states : bool, default=False
        Whether `recurrent_initialization` is another than "auto".
    clips : bool, default=False
        Whether gradients are clipped.
    """

    learning_rate_init: float | None
    n_hidden: int
    squashes: bool
    draws_own: bool
    standardizes: bool | None
    sparsifies: bool
    early_stopping: bool
    by_loss: bool
    alpha: float
    tol: float
    dropout: bool
    scales_inputs: bool = False
    reads_images: bool = False
    reads_series: bool = False
    cell: str = ""
    draws_own_states: bool = False
    clips: bool = False

    def scale_inputs(self) -> str:
        """Where inputs are large, small, far from 0 or of different sizes."""
        if self.reads_images and not self.scales_inputs:
            return "center and scale all pixels alike ((X - X.mean()) / X.std())"
        if self.reads_series:
            return "center and scale each channel, all steps of all series alike"
        return "" if self.scales_inputs else "scale the inputs (StandardScaler)"

    def lower_rate(self) -> str:
        """For steps that were too long."""
        rate = self.learning_rate_init
        return "" if rate is None else f"lower learning_rate_init (it is {rate:g})"

    def raise_rate(self) -> str:
        """For steps that were too short."""
        rate = self.learning_rate_init
        return "" if rate is None else f"raise learning_rate_init (it is {rate:g})"

    def lower_alpha(self) -> str:
        """Where weights were set to 0."""
        return f"lower alpha (it is {self.alpha:g})" if self.sparsifies else ""

    def weaker_penalty(self) -> str:
        """Where all weights may have been drawn to 0."""
        return f"lower alpha (it is {self.alpha:g})" if self.alpha >= STRONG else ""

    def usual_start(self) -> str:
        """Where the start may be to blame."""
        return "use initialization='auto'" if self.draws_own else ""

    def standardize_targets(self) -> str:
        """Where targets are large, small or far from 0."""
        return "set standardize_y=True" if self.standardizes is False else ""

    def rectifier(self) -> str:
        """Where gradients vanish: also through time, for it keeps a state that starts as the
        identity. In an LSTM the cell keeps it."""
        return "use activation='relu'" if self.squashes and self.cell != "lstm" else ""

    def fewer_layers(self) -> str:
        """Where gradients vanish."""
        return "use fewer layers" if self.n_hidden > 1 else ""

    def usual_states(self) -> str:
        """Where states grow or fade."""
        return "use recurrent_initialization='auto'" if self.draws_own_states else ""

    def gated_cell(self) -> str:
        """Where gradients grow or fade through time."""
        return "use cell='lstm'" if self.cell == "rnn" else ""

    def clip(self) -> str:
        """Where gradients grow through time."""
        # A full-batch solver takes no single steps that could be clipped.
        may = self.reads_series and not self.clips and self.learning_rate_init is not None
        return "set gradient_clipping=1" if may else ""

    def later_stop(self) -> str:
        """Where training ended too early."""
        if not self.early_stopping:
            return f"lower tol (it is {self.tol:g})" if self.tol > 0 else "raise n_iter_no_change"
        by_loss = "" if self.by_loss else "set early_stopping_metric='loss'"
        return either(by_loss, "raise n_iter_no_change")

    def against_overfitting(self) -> str:
        """Where the validation loss rises."""
        early = "" if self.early_stopping else "set early_stopping=True"
        strengths = "raise alpha" if self.dropout else "raise alpha or dropout"
        return either(early, strengths)


def either(*remedies: str) -> str:
    """Those that there are, as one."""
    return ", or ".join(remedy for remedy in remedies if remedy)


def sentence(remedy: str) -> str:
    """A remedy as a sentence of its own."""
    return f"{remedy[0].upper()}{remedy[1:]}."


def setting_of(estimator, parts: Parts | None = None) -> Setting:
    """The setting of an estimator, as its parameters are now.

    Parameters
    ----------
    estimator : BaseNetwork
    parts : Parts, default=None
        Those of its parameters, if they are known already.

    Returns
    -------
    setting : Setting
    """
    if parts is None:
        parts = resolve_parts(estimator)
    steps = parts.solver.takes_batches
    standardizes = getattr(estimator, "standardize_y", None)
    penalized = [penalty for penalty in parts.penalties if penalty is not None]
    return Setting(
        learning_rate_init=float(estimator.learning_rate_init) if steps else None,
        n_hidden=len(parts.activations),
        squashes=any(bool(np.isfinite(each.bounds).all()) for each in parts.activations),
        draws_own=not _is_text(estimator.initialization, "auto"),
        standardizes=standardizes if parts.loss.any_real_target else None,
        sparsifies=estimator.alpha > 0 and not all(each.is_smooth for each in penalized),
        early_stopping=bool(estimator.early_stopping) and steps,
        by_loss=_is_text(estimator.early_stopping_metric, "loss"),
        alpha=float(estimator.alpha),
        tol=float(estimator.tol),
        dropout=any(parts.dropout),
        scales_inputs=estimator.scales_inputs,
        reads_images=estimator.reads_images,
        reads_series=estimator.reads_series,
        cell=getattr(estimator, "cell", ""),
        draws_own_states=not _is_text(
            getattr(estimator, "recurrent_initialization", "auto"), "auto"
        ),
        clips=estimator.gradient_clipping is not None,
    )


def _is_text(value, text: str) -> bool:
    return isinstance(value, str) and value == text
