"""Wrong parts for the rules of schedules."""

from sklearn_relu.schedules import Schedule


class Falling(Schedule):
    """A right one."""

    def rate(self, initial, progress):
        return initial * 0.99**progress.epoch


class BelowZero(Schedule):
    def rate(self, initial, progress):
        return initial * (1 - progress.epoch / 300)


class LooksBack(Falling):
    changes_within_epoch = True
    last = 10**9

    def rate(self, initial, progress):
        rises = progress.step > LooksBack.last
        LooksBack.last = progress.step
        return initial if rises else initial / 2


class ChangesInSecret(Schedule):
    def rate(self, initial, progress):
        return initial * 0.99**progress.epochs


class LooksAhead(Schedule):
    changes_within_epoch = True

    def rate(self, initial, progress):
        return initial * (1.01 - progress.of_horizon)


class AnswersNothing(Falling):
    def stops(self, progress):
        pass


WRONG = [
    (BelowZero(), "rates_are_finite_and_not_negative", r"gives -\d.* for Progress\("),
    (LooksBack(), "rate_depends_on_progress_alone", "other rates for the same progress"),
    (ChangesInSecret(), "changes_within_epochs_are_declared", "changes_within_epoch is False, an"),
    (LooksAhead(), "horizons_are_declared", "has_horizon is False, and the rate depends on n_s"),
    (AnswersNothing(), "plateaus_are_answered", "stops returns None"),
]
