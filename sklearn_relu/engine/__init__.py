"""Arrays in, arrays out: knows no scikit-learn estimator, no labels, no data frames."""
