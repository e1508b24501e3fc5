"""Events of SciPy's solve_ivp: several at once, with directions and a counted end, for packages/ode/test/reference/events.json."""

import json
from pathlib import Path

import numpy as np
from scipy.integrate import solve_ivp


def van_der_pol(t, y):
    return [y[1], 2.0 * (1.0 - y[0] ** 2) * y[1] - y[0] + 0.3 * np.sin(t)]


def event(value, direction, terminal=False):
    def function(t, y):
        return value(t, y)

    function.direction = direction
    function.terminal = terminal
    return function


EVENTS = {
    "up": event(lambda t, y: y[0] - 0.5, 1),
    "down": event(lambda t, y: y[0] - 0.5, -1),
    "turn": event(lambda t, y: y[1], 0, 7),
    "meeting": event(lambda t, y: y[0] - np.cos(t), 0),
}

solution = solve_ivp(van_der_pol, (0.0, 40.0), [0.9, 0.1], method="DOP853", rtol=1e-12, atol=1e-13, max_step=0.05, events=list(EVENTS.values()))
result = {
    name: {"t": times.tolist(), "y": np.asarray(states).tolist()}
    for name, times, states in zip(EVENTS, solution.t_events, solution.y_events)
}
result["end"] = {"t": float(solution.t[-1]), "status": int(solution.status)}
target = Path(__file__).parents[2] / "packages/ode/test/reference/events.json"
target.write_text(json.dumps(result, indent=1) + "\n")
print({name: len(result[name]["t"]) for name in EVENTS}, result["end"])
