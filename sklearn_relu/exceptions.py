"""Warnings and errors of this package."""


class TrainingWarning(UserWarning):
    """A fit that ended, and whose network is of little use all the same.

    ``fit`` of a network gives it in three cases only: predictions that hardly vary, a hidden layer
    of dead units, and features of very different scales.
    :class:`sklearn_relu.tables.TabularEncoder` gives it for columns of text that are hardly
    categories. To be rid of it: ``warnings.filterwarnings("ignore", category=TrainingWarning)``.
    """


class CheckpointWarning(UserWarning):
    """A checkpoint that could not be written; training goes on, and the last file stays.

    See :class:`sklearn_relu.callbacks.Checkpoint`.
    """


class LoadError(ValueError):
    """A file that cannot be loaded: it is damaged, of another kind, or too new.

    The message names the file, what is wrong with it and what to do. Nothing of the file has been
    executed, and nothing was loaded. A file that is not there, or that may not be read, is the
    system's own error: ``FileNotFoundError``, ``PermissionError``.
    """
