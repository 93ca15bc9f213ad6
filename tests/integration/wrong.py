"""Code of a user with mistakes; each comment is the kind of error a type checker finds there."""

import sklearn_relu
from sklearn_relu import MLPClassifier, lockstep
from sklearn_relu.activations import LeakyReLU
from sklearn_relu.part import Part, resolve_part

model = MLPClassifier(hidden_layers=(10,))  # call-arg
other = MLPClassifier((10,), "relu", "adam")  # call-arg
slope = LeakyReLU(negative_slopes=0.1)  # call-arg

with lockstep(max_bytes="1 GB") as stacks:  # arg-type
    sizes: list[str] = stacks.sizes  # assignment
print(stacks.n_stacks)  # attr-defined

resolve_part("relu", {}, Part, 1)  # arg-type

model.fit([[1.0]], [1], weights=[1.0])  # call-arg
answer: str = model.predict([[1.0]])  # assignment

sklearn_relu.MLPClasifier((10,))  # attr-defined
sklearn_relu.compare.comparison_rows(None)  # attr-defined
