"""Warnings of this package."""


class TrainingWarning(UserWarning):
    """A fit that ended, and whose network is of little use all the same.

    ``fit`` gives it in three cases only: predictions that hardly vary, a hidden layer of dead
    units, and features of very different scales. To be rid of it:
    ``warnings.filterwarnings("ignore", category=TrainingWarning)``.
    """
