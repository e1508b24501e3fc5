"""Numbers that a test repeats in a few lines, so that references need to hold solutions only."""

import numpy as np


def uniforms(seed, count):
    """x -> (1664525 x + 1013904223) mod 2^32, divided by 2^32."""
    values = np.empty(count)
    state = seed
    for i in range(count):
        state = (1664525 * state + 1013904223) % 2**32
        values[i] = state / 2**32
    return values
