"""Jobs, which are trained, and states, which can be resumed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import numpy as np

from sklearn_relu.layers import Arrays
from sklearn_relu.network.noise import noise_generator
from sklearn_relu.schedules import Progress, Schedule
from sklearn_relu.training.recipe import Recipe


class Epoch(NamedTuple):
    """The figures of one epoch, or of one iteration of a full-batch optimizer."""

    loss: float
    validation_loss: float
    validation_score: float
    learning_rate: float
    seconds: float


@dataclass(frozen=True)
class TrainingState:
    """All that is needed to go on exactly as if training had not been interrupted.

    It is of the last complete epoch. A new one replaces it as a whole, so it is never half-made.

    Attributes
    ----------
    params : ndarray of shape (n_params,)
        The last parameters, not the best. Empty where the fitted arrays of an estimator are these.
    slots : dict of ndarray or None
        The optimizer's state, network axis first; None before the first step.
    factors : dict of float or None
        Those that made averages of the slots; None where they are not known, in states of 0.1.0.
    conditions : str
        What the last call trained under: data and parameters. Empty where it is not known.
    ended : str
        "converged" or "diverged", where the last call ended so; else empty.
    order : ndarray of shape (n_rows,) or None
        The order of the rows in the last epoch, which the next one shuffles.
    rng_state, split_rng_state, noise_state : dict or None
        State of the job's generator, now and before the validation split was drawn, and of that
        for noise.
    epoch, step, samples_seen, n_plateaus, no_improvement : int
    skipped_steps : int
        Those of all complete epochs that the network skipped, as its gradient was not finite.
    history : list of Epoch
        One for each epoch since the fit began; one more if training was interrupted while it ended.
    best_loss, best_score : float
        Under a full-batch optimizer, `best_loss` is that of the last iteration.
    best_params : ndarray of shape (n_params,) or None
        Those of `best_score`, or of fellows that are about as good later.
    score_of : str
        What the best score is of, or under no early stopping the best loss: of other data, or by
        another metric, they do not compare. Empty where it is not known.
    """

    params: np.ndarray
    slots: Arrays | None = None
    order: np.ndarray | None = None
    rng_state: dict | None = None
    split_rng_state: dict | None = None
    noise_state: Mapping | None = None
    epoch: int = 0
    step: int = 0
    samples_seen: int = 0
    n_plateaus: int = 0
    no_improvement: int = 0
    history: list[Epoch] = field(default_factory=list)
    best_loss: float = np.inf
    best_score: float = -np.inf
    best_params: np.ndarray | None = None
    score_of: str = ""
    factors: dict[str, float] | None = None
    conditions: str = ""
    ended: "Literal['', Outcome]" = ""
    skipped_steps: int = 0

    def with_changes(self, **changes: Any) -> "TrainingState":
        """The state with some other fields; ``replace()`` takes twice the time."""
        return TrainingState(**(vars(self) | changes))

    def to_dict(self) -> dict[str, Any]:
        """As dicts, lists, arrays, text and numbers: what an estimator keeps and files hold."""
        columns = {name: [getattr(epoch, name) for epoch in self.history] for name in Epoch._fields}
        return vars(self) | {"history": columns}

    @classmethod
    def from_dict(cls, state: dict[str, Any]) -> "TrainingState":
        """The state of such a dict, whose arrays it shares."""
        columns = [state["history"][name] for name in Epoch._fields]
        return cls(**state | {"history": [Epoch(*row) for row in zip(*columns, strict=True)]})


class Snapshot(NamedTuple):
    """A job after its last complete epoch: with its data, all that is needed to go on with it.

    Before the first epoch `pretraining` has as many histories as layers were pre-trained.
    """

    state: TrainingState
    n_epochs: int
    outcome: "Outcome"
    pretraining: Sequence[dict[str, list[float]]] = ()


Outcome = Literal[
    "max_iter", "completed", "converged", "stopped", "time_limit", "diverged", "running"
]


@dataclass
class Job:
    """One network to train: its data, parameters, generator, strengths and stopping rule.

    Attributes
    ----------
    recipe : Recipe
    X : {ndarray, csr matrix} of shape (n_samples, n_features)
        Of the recipe's dtype, or integers that become such numbers batch by batch.
    y : ndarray of shape (n_samples, n_targets)
    sample_weight : ndarray of shape (n_samples, 1 or n_targets) or None
    rows : ndarray of int or None
        The rows to train on; None means all.
    rng : RandomState
        Shuffles the rows.
    state : TrainingState
        Where to start; after training, where it ended.
    learning_rate, alpha, activity_alpha : float
    schedule : Schedule
    regularization : Schedule or None
        Of a factor of dropout and of the solver's weight decay; None: it is 1.
    shuffle : bool
    max_epochs : int
    tol : float
    n_iter_no_change : int or inf
    time_limit : float
        Seconds after which no other epoch begins.
    validate : callable or None
        Maps the network's parameters, one dict a layer, to its loss and score on held-out data.
    early_stopping : bool
        Whether that score decides on stopping, not the loss.
    fellows : object or None
        The same for all jobs of which the mean score decides, for each of them.
    rests : tuple of int or None
        Epochs after which cycles of the schedule end: then only the scores of these count, and of
        those before the first. None: the scores of all epochs count.
    on_epoch_end : callable or None
        Called after each epoch, once for all jobs that share it; True stops them.
    report : callable
        Takes the lines of the log.
    resumable : bool
        Whether `state` must hold what is needed to go on.
    n_epochs : int
        Epochs of this fit so far.
    outcome : str
        How training ended: "max_iter", "completed" (the same where the schedule spans so many
        epochs), "converged", "stopped" (by the hook), "time_limit",
        "diverged" or "running".
    message : str
        What a full-batch optimizer said at its end.
    noise : Generator or None
        Draws dropout and noise, if the recipe is random.
    first_epoch : int
        Epochs before this fit.
    unlabeled : {ndarray, csr matrix} of shape (n_unlabeled, n_features) or None
        Rows without targets, for pre-training.
    pretraining : sequence of dict
        For each layer that was pre-trained the history of its training.
    seconds_before : float
        Those of `time_limit` that pre-training has taken.
    share : float
        The share of all training of an estimator's fit that the job's is.
    """

    recipe: Recipe
    X: Any
    y: np.ndarray
    sample_weight: np.ndarray | None
    rows: np.ndarray | None
    rng: np.random.RandomState
    state: TrainingState
    learning_rate: float
    schedule: Schedule
    alpha: float
    activity_alpha: float
    shuffle: bool
    max_epochs: int
    tol: float
    n_iter_no_change: float
    time_limit: float = np.inf
    regularization: Schedule | None = None
    validate: Callable[[list[Arrays]], tuple[float, float]] | None = None
    early_stopping: bool = False
    fellows: object | None = None
    rests: tuple[int, ...] | None = None
    on_epoch_end: Callable[[], bool | None] | None = None
    report: Callable[[str], None] = lambda line: None
    resumable: bool = False
    n_epochs: int = 0
    outcome: Outcome = "running"
    message: str = ""
    stands_still: bool = False
    unlabeled: Any = None
    pretraining: Sequence[dict[str, list[float]]] = ()
    seconds_before: float = 0.0
    share: float = 1.0
    noise: np.random.Generator | None = field(init=False, default=None)
    first_epoch: int = field(init=False)

    def __post_init__(self) -> None:
        self.first_epoch = self.state.epoch - self.n_epochs
        if self.recipe.is_random:
            self.noise = noise_generator(self.rng, self.state.noise_state)

    def note_generators(self) -> None:
        """Have them in the state before the first epoch, if it must hold all to go on with."""
        if self.resumable:
            self.state = self.state.with_changes(**self.generators())

    def snapshot(self) -> Snapshot:
        """All that is needed to go on with it later, if it is resumable."""
        return Snapshot(self.state, self.n_epochs, self.outcome, self.pretraining)

    def generators(self) -> dict[str, Any]:
        """The generators' part of a state."""
        noise_state = None if self.noise is None else self.noise.bit_generator.state
        return {"rng_state": self.rng.get_state(legacy=False), "noise_state": noise_state}

    @property
    def reconstructs(self) -> bool:
        """Whether its targets are its inputs."""
        return self.y is self.X

    @property
    def is_whole(self) -> bool:
        """Whether it has an epoch that a fit can end with."""
        return self.n_epochs > 0 or self.stands_still

    @property
    def one_by_one(self) -> bool:
        """Whether the jobs of a fit are trained one after the other."""
        return not self.recipe.optimizer.takes_batches

    @property
    def history(self) -> list[Epoch]:
        """The figures of its complete epochs."""
        return self.state.history[: self.state.epoch - self.first_epoch]

    @property
    def n_rows(self) -> int:
        """Rows that it trains on."""
        return self.X.shape[0] if self.rows is None else len(self.rows)

    @property
    def last_rests(self) -> tuple[int, ...]:
        """Epochs after which training may end: the first two cycles are short, and their scores
        as good as chance."""
        return () if self.rests is None else self.rests[2:]

    def is_at_rest_after(self, epoch: int) -> bool:
        """Whether the score after so many epochs counts."""
        return self.rests is None or epoch < self.rests[0] or epoch in self.rests

    @property
    def has_horizon(self) -> bool:
        """Whether a schedule depends on how many epochs there will be."""
        schedules = self.schedule, self.regularization
        return any(each is not None and each.has_horizon for each in schedules)

    def progress(self, step: int, learning_rate: float) -> Progress:
        """How far it is, `step` steps into its present epoch."""
        state = self.state
        n_batches = -(-self.n_rows // self.recipe.batch_size)
        return Progress(
            epoch=state.epoch,
            step=state.step + step,
            n_steps=state.step + (self.max_epochs - self.n_epochs) * n_batches,
            samples_seen=state.samples_seen,
            n_plateaus=state.n_plateaus,
            learning_rate=learning_rate,
            epoch_fraction=step / n_batches,
        )
