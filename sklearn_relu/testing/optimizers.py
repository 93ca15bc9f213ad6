"""Rules of stochastic optimizers."""

from functools import partial

import numpy as np

from sklearn_relu.optimizers import Optimizer
from sklearn_relu.testing.memory import peak_of
from sklearn_relu.testing.reporting import (
    DTYPES,
    call,
    require,
    require_close,
    require_unwritten,
    same_bits,
)

RATES = np.array([[0.1], [0.003], [1.0]])
N_PARAMS, N_WEIGHTS = 40, 25


def _start(n_params=N_PARAMS, dtype=np.float64):
    return np.random.RandomState(1).normal(size=(3, n_params)).astype(dtype)


def _gradients(n_steps=6, n_params=N_PARAMS, dtype=np.float64):
    return np.random.RandomState(0).normal(size=(n_steps, 3, n_params)).astype(dtype)


def _run(part, steps, rates=RATES, n_weights=N_WEIGHTS, step_size=None, networks=slice(None)):
    """The parameters and the state after some steps, of some of the networks."""
    params = _start(steps.shape[2], steps.dtype)[networks]
    rates = rates.astype(steps.dtype)[networks]
    state = call(part, "init_state", params)
    for grads in steps:
        call(part, "begin_step", state, rates)
        given = params, grads[networks].copy(), state, rates, n_weights
        call(part, "step", *given, step_size)
    return params, state


def state_is_arrays_by_network(part: Optimizer) -> None:
    """``init_state`` gives new arrays, each shaped like `params` or (n_networks, 1)."""
    for dtype in DTYPES:
        params = _start(dtype=dtype)
        state = call(part, "init_state", params)
        require(
            isinstance(state, dict) and all(isinstance(name, str) for name in state),
            part,
            "init_state",
            f"returns {type(state).__name__}",
            "Return a dict from names to arrays, empty if there is no state.",
        )
        for name, values in state.items():
            fits = isinstance(values, np.ndarray) and values.shape in (params.shape, (3, 1))
            require(
                fits and not np.shares_memory(values, params),
                part,
                "init_state",
                f"gives as {name} {type(values).__name__} of shape {np.shape(values)} for params "
                f"of shape {params.shape}",
                "Give a new array with the network axis first: one number a parameter, such as "
                "np.zeros_like(params), or one a network, np.zeros((len(params), 1)).",
            )


def state_is_kept_where_it_was_given(part: Optimizer) -> None:
    """Steps change the arrays of the state in place, and put no others into the dict."""
    params, grads = _start(), _gradients()[0]
    state = call(part, "init_state", params)
    before = dict(state)
    rates = RATES.copy()
    call(part, "begin_step", state, rates)
    call(part, "step", params, grads.copy(), state, rates, N_WEIGHTS)
    changed = sorted(
        name for name in state.keys() | before.keys() if state.get(name) is not before.get(name)
    )
    require(
        not changed,
        part,
        "step",
        f"puts other arrays into the state: {changed}",
        "Change them in place, as by m *= beta: each piece of the parameters gets views of the "
        "state, so that a new array is lost.",
    )


def learning_rates_are_only_read(part: Optimizer) -> None:
    """Neither method writes to the learning rates."""
    rates, params, grads = RATES.copy(), _start(), _gradients()[0]
    state = call(part, "init_state", params)
    calls = {
        "begin_step": lambda: call(part, "begin_step", state, rates),
        "step": lambda: call(part, "step", params, grads, state, rates, N_WEIGHTS),
    }
    for method, run in calls.items():
        require_unwritten(part, method, {"learning_rate": rates}, run)


def networks_step_as_they_would_alone(part: Optimizer) -> None:
    """A network of a stack moves by the same bits as alone, each with its own learning rate."""
    for dtype in DTYPES:
        steps = _gradients(dtype=dtype)
        together, _ = _run(part, steps)
        for i in range(3):
            one = slice(i, i + 1)
            alone, _ = _run(part, steps, networks=one)
            require(
                same_bits(alone, together[one]),
                part,
                "step",
                f"moves network {i} of a stack to other bits than alone ({np.dtype(dtype)})",
                "The first axis counts networks: multiply by learning_rate, (n_networks, 1), as it "
                "is, and take no sum or norm over networks.",
            )


def pieces_of_parameters_are_independent(part: Optimizer) -> None:
    """Steps of some of the parameters at a time lead to the same as of all at once."""
    steps, cut, rates = _gradients(), 17, RATES.copy()
    expected, _ = _run(part, steps)
    params = _start()
    state = call(part, "init_state", params)
    for grads in steps:
        call(part, "begin_step", state, rates)
        for columns in (slice(0, cut), slice(cut, None)):
            own = {
                name: values[:, columns] if values.shape == params.shape else values
                for name, values in state.items()
            }
            n_weights = len(range(N_WEIGHTS)[columns])
            given = params[:, columns], grads[:, columns].copy(), own, rates, n_weights
            call(part, "step", *given)
    require_close(
        part,
        "step",
        "leads elsewhere if the parameters come in two pieces",
        params,
        expected,
        "step is called for a few parameters at a time: use each one's own gradient, no norm or "
        "mean of all, and count steps in begin_step.",
        rtol=1e-9,
    )


def zero_gradients_move_no_biases(part: Optimizer) -> None:
    """Without a gradient nothing moves, but for weights that decay; all stays finite."""
    for dtype in DTYPES:
        zeros = np.zeros((4, 3, N_PARAMS), dtype)
        with np.errstate(all="ignore"):
            params, _ = _run(part, zeros)
        start = _start(dtype=dtype)
        require(
            np.isfinite(params).all() and same_bits(params[:, N_WEIGHTS:], start[:, N_WEIGHTS:]),
            part,
            "step",
            "moves biases, or to numbers that are not finite, where all gradients are 0",
            "Dead units have such gradients: add an epsilon to what is divided by, and let decay "
            "act on the first n_weights columns alone.",
        )


def float32_is_float64_rounded(part: Optimizer) -> None:
    """Both precisions lead to the same parameters, up to rounding."""
    params, _ = _run(part, _gradients(dtype=np.float32))
    exact, _ = _run(part, _gradients(dtype=np.float32).astype(np.float64))
    require_close(
        part,
        "step",
        "leads elsewhere in float32 than in float64",
        params,
        exact,
        "Avoid differences of large numbers, and constants that float32 cannot hold.",
        rtol=1e-4,
        atol=1e-4,
    )


def step_size_is_filled(part: Optimizer) -> None:
    """`step_size` is overwritten with finite numbers above 0, and asking for it changes nothing
    else."""
    steps = _gradients()
    step_size = np.full((3, N_WEIGHTS), np.nan)
    with_size, _ = _run(part, steps, step_size=step_size)
    require(
        (step_size > 0).all() and np.isfinite(step_size).all(),
        part,
        "step",
        "does not fill step_size with finite numbers above 0",
        "Unless it is None, overwrite it for each weight: penalties that are not smooth need it.",
    )
    require_close(
        part,
        "step",
        "takes another step where step_size is asked for",
        with_size,
        _run(part, steps)[0],
        "Filling step_size must change nothing else.",
    )


def step_size_is_how_far_a_steady_gradient_moves(part: Optimizer) -> None:
    """`step_size` times a gradient that has been the same in all steps is the step."""
    gradient = np.where(abs(_gradients(1)) > 0.1, _gradients(1), 0.1)[0]
    steady = np.broadcast_to(gradient, (300, *gradient.shape))
    params, state = _run(part, steady)
    params[...] = 0  # so that what decays has no part in the step
    step_size = np.full((3, N_WEIGHTS), np.nan)
    rates = RATES.copy()
    call(part, "begin_step", state, rates)
    call(part, "step", params, gradient.copy(), state, rates, N_WEIGHTS, step_size)
    moved = -params[:, :N_WEIGHTS]
    require_close(
        part,
        "step",
        "gives a step_size that is not how far a steady gradient of 1 moves a weight",
        step_size * gradient[:, :N_WEIGHTS],
        moved,
        "Give the factor of the gradient in the step once all averages are steady, momentum "
        "included: then a proximal step weighs as much as the gradient does.",
        rtol=1e-3,
        atol=1e-7,
    )


def factors_are_of_the_state(part: Optimizer) -> None:
    """``factors`` gives numbers above 0, for names that the state has."""
    factors, state = call(part, "factors"), call(part, "init_state", _start())
    unknown = sorted(set(factors) - set(state))
    require(
        not unknown and all(0 < float(factor) < np.inf for factor in factors.values()),
        part,
        "factors",
        f"gives {factors} for a state of {sorted(state)}",
        "Give 1 - decay for each sum that the state keeps without that factor.",
    )


def nothing_is_allocated(part: Optimizer) -> None:
    """A step makes no arrays that grow with the parameters: training calls it for each batch."""
    n_params = 20_000
    params, grads = _start(n_params), _gradients(1, n_params)[0]
    state = call(part, "init_state", params)
    rates = RATES.copy()
    call(part, "begin_step", state, rates)
    n_weights = n_params // 2
    for step_size in (None, np.empty((3, n_weights))):
        given = params, grads, state, rates, n_weights, step_size
        new = peak_of(partial(part.step, *given))
        require(
            new < params.nbytes / 8,
            part,
            "step",
            f"allocates {new} bytes for parameters of {params.nbytes} bytes",
            "Compute in grads, which may be overwritten, and in the state: m *= beta, "
            "np.multiply(..., out=grads).",
        )


CHECKS = (
    state_is_arrays_by_network,
    state_is_kept_where_it_was_given,
    learning_rates_are_only_read,
    networks_step_as_they_would_alone,
    pieces_of_parameters_are_independent,
    zero_gradients_move_no_biases,
    float32_is_float64_rounded,
    step_size_is_filled,
    step_size_is_how_far_a_steady_gradient_moves,
    factors_are_of_the_state,
    nothing_is_allocated,
)
