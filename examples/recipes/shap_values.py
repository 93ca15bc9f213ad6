"""SHAP values of a network behind a scaler: which measurements its predictions come from."""

import numpy as np
import shap
from sklearn.datasets import load_diabetes
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_relu import MLPRegressor

X, y = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
X_train, X_test, y_train, _ = train_test_split(X, y, random_state=0)
network = MLPRegressor(
    hidden_layer_sizes=(16,),
    solver="lbfgs",
    alpha=3,
    max_iter=1000,
    standardize_y=True,
    random_state=0,
)
model = make_pipeline(StandardScaler(), network).fit(X_train, y_train)

background = shap.maskers.Independent(X_train, max_samples=100)
explainer = shap.Explainer(model.predict, background, seed=0)
explanation = explainer(X_test)

# What SHAP promises: base value and contributions add up to the prediction.
total = explanation.base_values + explanation.values.sum(axis=1)
np.testing.assert_allclose(total, model.predict(X_test), rtol=1e-6)

print("mean |SHAP value| on held-out rows")
importance = np.abs(explanation.values).mean(axis=0)
for column in np.argsort(importance)[::-1][:5]:
    print(f"  {X.columns[column]:4} {importance[column]:5.1f}")
