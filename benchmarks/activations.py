"""Nanoseconds per summed input that each activation takes, forward and backward.

Activations take turns in one process, so that a change of the machine's speed meets them all; each
figure is the least of many. Run as ``python benchmarks/activations.py``.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import time

import machine
import numpy as np

from sklearn_relu.activations import ACTIVATIONS

N_NETWORKS, N_SAMPLES, N_UNITS = 1, 256, 128
CALLS = 20


def passes(activation, dtype):
    """The forward and the backward pass of one layer in training, and its summed inputs."""
    rng = np.random.default_rng(0)
    shape = N_NETWORKS, N_SAMPLES
    z = rng.standard_normal((*shape, activation.input_width(N_UNITS)), dtype)
    grad_a = rng.standard_normal((*shape, activation.output_width(N_UNITS)), dtype)
    a, grad_z = np.empty_like(grad_a), np.empty_like(z)
    shapes = activation.parameter_shapes(N_UNITS)
    params = {name: np.empty((N_NETWORKS, 1, *s), dtype) for name, s in shapes.items()}
    grads = {name: np.empty_like(values) for name, values in params.items()}
    activation.init_parameters(params)
    noise = [rng] * N_NETWORKS
    activation.forward(z, a, params, noise)
    return (
        lambda: activation.forward(z, a, params, noise),
        lambda: activation.backward(z, a, grad_a, grad_z, params, grads),
        z.size,
    )


def nanoseconds(function, size):
    """Processor time of a call, per element."""
    start = time.process_time_ns()
    for _ in range(CALLS):
        function()
    return (time.process_time_ns() - start) / CALLS / size


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=50, help="interleaved repeats (default 50)")
    parser.add_argument("--dtype", choices=["float32", "float64"], default="float64")
    args = parser.parse_args()
    print(machine.kernels())
    layers = {name: passes(cls(), np.dtype(args.dtype)) for name, cls in ACTIVATIONS.items()}
    best = {name: np.full(2, np.inf) for name in layers}
    for _ in range(args.repeats):
        for name, (forward, backward, size) in layers.items():
            times = nanoseconds(forward, size), nanoseconds(backward, size)
            best[name] = np.minimum(best[name], times)
    print(f"ns per summed input (least of {args.repeats}), {args.dtype}, 1 thread,", end=" ")
    print(f"{N_SAMPLES} rows of {N_UNITS} units")
    print(f"{'activation':16}{'forward':>10}{'backward':>10}{'both':>10}{'over relu':>12}")
    relu = best["relu"].sum()
    for name, (forward, backward) in sorted(best.items(), key=lambda item: item[1].sum()):
        both = forward + backward
        print(f"{name:16}{forward:10.2f}{backward:10.2f}{both:10.2f}{both / relu:12.2f}")


if __name__ == "__main__":
    main()
