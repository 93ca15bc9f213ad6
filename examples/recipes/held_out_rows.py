"""Held-out rows and sample weights through a Pipeline and a search, each scaled by its own fold."""

import numpy as np
import sklearn
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_relu import MLPClassifier

sklearn.set_config(enable_metadata_routing=True)
X, y = load_breast_cancer(return_X_y=True)
X, X_val, y, y_val = train_test_split(X, y, test_size=0.2, stratify=y, random_state=0)

network = MLPClassifier((16,), early_stopping=True, max_iter=500, random_state=0)
network.set_fit_request(X_val=True, y_val=True, sample_weight=True)
network.set_score_request(sample_weight=True)
scaler = StandardScaler().set_fit_request(sample_weight=False)
model = make_pipeline(scaler, network, transform_input=["X_val"])

search = GridSearchCV(model, {"mlpclassifier__learning_rate_init": [0.001, 0.01]}, cv=3)
search.fit(X, y, X_val=X_val, y_val=y_val, sample_weight=np.where(y == 0, 2.0, 1.0))

fitted = search.best_estimator_[-1]
loss = min(fitted.history_["validation_loss"])
print(f"stopped before max_iter={fitted.max_iter}: {fitted.n_iter_ < fitted.max_iter}")
print(f"smallest loss on {len(X_val)} rows that no fold was trained on: {loss:.2f}")
