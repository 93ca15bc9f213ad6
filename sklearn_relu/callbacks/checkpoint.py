"""Checkpoint: training that survives the process."""

import os
from datetime import timedelta
from numbers import Integral

import numpy as np

from sklearn_relu.callbacks.fit_file import FitFile
from sklearn_relu.callbacks.writing import Writer
from sklearn_relu.estimators.callbacks import StateCallback
from sklearn_relu.estimators.fitted import Fitted, is_fitted
from sklearn_relu.estimators.identity import Identity, identity_of_parameters
from sklearn_relu.part import Part
from sklearn_relu.persistence import load, save
from sklearn_relu.persistence.classes import attributes
from sklearn_relu.sklearn_private import require_callbacks


class Checkpoint(StateCallback):
    """Keeps training in a file, from which the same training goes on exactly.

    ``model.set_callbacks(Checkpoint("fit.ckpt")).fit(X, y)`` writes the file as it trains. After a
    crash, a kill or Ctrl-C, run the same script again: the fit goes on from the file, and ends with
    the very model that it would have ended with, bit for bit (with as many BLAS threads, on the
    same kind of machine).

    For training by ``partial_fit``, see :meth:`resume`. scikit-learn has callbacks since 1.9; under
    an older one ``set_callbacks`` says so.

    Parameters
    ----------
    path : str or path-like
        The file, in a folder that exists. It takes 2 to 5 times the memory of the network's
        weights, by solver, and 8 bytes for each training row.
    every : int or datetime.timedelta, default=1
        The epochs, or the time, between two writes. Training waits while the file is written. It
        is also written when a fit begins and when it ends.

    Raises
    ------
    ValueError
        For another `every`. ``fit`` raises one for the file of another fit, and under a solver
        whose state is out of reach (`lbfgs`); :class:`sklearn_relu.LoadError` for a damaged file;
        ``OSError`` if the file cannot be written when it begins.

    Warns
    -----
    CheckpointWarning
        By ``fit``, if the file cannot be written later. Training goes on, the last file stays, and
        writing is tried again when it is next due.

    Notes
    -----
    What fit a file is of is decided by all parameters but `verbose` and `time_limit`, and by
    checksums of the data, weights and held-out data, and of the network that ``warm_start`` goes
    on from. With ``random_state=None`` too, the file keeps what was drawn. Functions count by
    their names, code, defaults and closures. A parameter that the version that wrote the file did
    not know makes no other fit where it is at its default; another initialization does, although
    training has begun, for it is asked for.

    - The file of a fit that has ended gives its model at once. One that `time_limit` ended goes
      on, for as long again.
    - The file of another fit is an error, which says what differs, unless no epoch of it is
      complete.
    - The file is replaced as a whole, once the new one is on the disk.
    - One file is for one fit: several calls of ``fit`` need one each, and a search is refused.

    Examples
    --------
    >>> import os, tempfile
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_relu import MLPClassifier
    >>> from sklearn_relu.callbacks import Checkpoint
    >>> X, y = load_iris(return_X_y=True)
    >>> path = os.path.join(tempfile.mkdtemp(), "iris.ckpt")
    >>> model = MLPClassifier((8,), max_iter=500, tol=0.01, random_state=0)
    >>> model = model.set_callbacks(Checkpoint(path, every=10)).fit(X, y)
    >>> again = MLPClassifier((8,), max_iter=500, tol=0.01, random_state=0)
    >>> again = again.set_callbacks(Checkpoint(path)).fit(X, y)  # does not train: it is there
    >>> again.loss_curve_ == model.loss_curve_
    True
    """

    def __init__(self, path, *, every=1):
        is_number = isinstance(every, Integral) and not isinstance(every, bool)
        if not (is_number and every >= 1) and not (
            isinstance(every, timedelta) and every > timedelta(0)
        ):
            raise ValueError(
                "every must be a whole number of epochs, at least 1, or a datetime.timedelta above "
                f"0; got {every!r}."
            )
        self.path = os.fspath(path)
        self.every = every
        self._stream: Writer | None = None
        self._n_calls = 0
        self._follows = False

    def __repr__(self):
        return f"Checkpoint({self.path!r}, every={self.every!r})"

    def keeper(self):
        """The keeper that writes and reads the file of a fit that begins."""
        return FitFile(os.path.abspath(self.path), self.every)

    def resume(self, model):
        """Give a model what the file holds of it: where training by ``partial_fit`` was.

        With a Checkpoint among its callbacks, each call of ``partial_fit`` counts as an epoch, and
        after `every` calls (or so much time) the file is written, not at the end: it is that of
        :func:`sklearn_relu.save`, and :func:`sklearn_relu.load` reads it too. What a script that
        runs again does with the batches that the model has seen already, it alone can say; so it
        asks how many they are, before the first call. The data are not compared.

        Parameters
        ----------
        model : MLPClassifier or MLPRegressor
            With the parameters it had; gets the fitted attributes of the file, if there is one.

        Returns
        -------
        n_epochs : int
            Calls of ``partial_fit`` that the model has seen; 0 if there is no file. (Epochs of an
            earlier ``fit`` count too.)

        Raises
        ------
        ValueError
            If the file is of a model with other parameters.
        LoadError
            If it is damaged, or another file.
        ImportError
            Under scikit-learn < 1.9, which has no callbacks.

        Examples
        --------
        >>> import os, tempfile
        >>> from itertools import islice
        >>> import numpy as np
        >>> from sklearn_relu import MLPRegressor
        >>> from sklearn_relu.callbacks import Checkpoint
        >>> def batches():  # from files, a database, ...; the same ones in each run
        ...     for i in range(100):
        ...         X = np.random.RandomState(i).normal(size=(50, 3))
        ...         yield X, X[:, 0] * X[:, 1]
        >>> path = os.path.join(tempfile.mkdtemp(), "stream.ckpt")
        >>> checkpoint = Checkpoint(path, every=20)
        >>> model = MLPRegressor(hidden_layer_sizes=(8,), random_state=0)
        >>> model = model.set_callbacks(checkpoint)
        >>> for X, y in islice(batches(), checkpoint.resume(model), None):
        ...     model = model.partial_fit(X, y)
        >>> Checkpoint(path).resume(MLPRegressor(hidden_layer_sizes=(8,), random_state=0))
        100
        """
        require_callbacks("Checkpoint.resume")
        path = os.path.abspath(self.path)
        if not os.path.exists(path):
            return 0
        kept = load(path, parts=_own_parts(model))
        if found := _parameters(model).differences(_parameters(kept).described):
            raise ValueError(
                f"The checkpoint {path!r} is of another model: {'; '.join(found)}. Pass what it "
                "had, name another file, or remove this one."
            )
        vars(model).update(attributes(kept))
        if isinstance(model.random_state, np.random.RandomState):  # as the calls left it
            model.random_state.set_state(kept.random_state.get_state(legacy=False))
        self._n_calls = _n_epochs(model)
        self._stream = Writer(path, self.every)
        self._stream.remove_unfinished()
        self._stream.note(self._n_calls)
        return self._n_calls

    def setup(self, estimator, context):
        """Called by scikit-learn as a fit begins.

        Raises
        ------
        ValueError
            In a search, whose fits would all take the same file; and for a call of ``partial_fit``
            that would overwrite what the file holds.
        """
        ancestor = context.parent
        while ancestor is not None:
            if not ancestor.sequential_subtasks:
                raise ValueError(
                    f"{self!r} is for one fit, and {ancestor.estimator_name} makes several that "
                    "would overwrite its file. Fit without it, with the best parameters."
                )
            ancestor = ancestor.parent
        if context.task_name == "partial_fit":
            self._begin_call(estimator)

    def teardown(self, estimator, context):
        """Called by scikit-learn when a fit has ended."""
        stream, follows, self._follows = self._stream, self._follows, False
        if stream is not None and follows:
            self._n_calls = _n_epochs(estimator)
            if stream.is_due(self._n_calls):
                stream.write(self._n_calls, lambda: save(estimator, stream.path))

    def on_fit_task_begin(self, estimator, context):
        """Called by scikit-learn as an epoch begins."""

    def on_fit_task_end(self, estimator, context):
        """Called by scikit-learn when an epoch has ended."""

    def _begin_call(self, model) -> None:
        """Before a call of partial_fit: nothing that matters will be overwritten."""
        path = os.path.abspath(self.path)
        if self._stream is None:
            if os.path.exists(path):
                raise ValueError(
                    f"The checkpoint {path!r} is there already. Call resume(model) of the "
                    "Checkpoint before the first partial_fit, to go on from it; or name another "
                    "file, or remove this one."
                )
            self._stream = Writer(path, self.every)
            self._n_calls = _n_epochs(model)
            self._stream.begin(self._n_calls, lambda: save(model, path))
        if _n_epochs(model) != self._n_calls:
            raise ValueError(
                f"{self!r} has followed a model for {self._n_calls} epochs; this one has had "
                f"{_n_epochs(model)}. Each model needs a Checkpoint and a file of its own."
            )
        self._follows = True


def _n_epochs(model) -> int:
    return Fitted(model).n_epochs if is_fitted(model) else 0


def _parameters(model) -> Identity:
    """The parameters that must be the same; a generator's state is that of the first call."""
    identity = identity_of_parameters(model)
    if isinstance(model.random_state, np.random.RandomState):
        identity.described["random_state"] = "RandomState"
    return identity


def _own_parts(model) -> dict[str, type[Part]]:
    """The classes of all parts of a model, by name."""
    values = model.get_params().values()
    held = [each for value in values if isinstance(value, list | tuple) for each in value]
    return {type(each).__name__: type(each) for each in [*values, *held] if isinstance(each, Part)}
