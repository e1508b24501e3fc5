"""Derives dense output for a 13-stage method of order 8 from its own stages and f(t1, y1); prints its coefficients.

Run it with the method's name, dopri8 or verner8.

Unknowns: coefficients of x, ..., x^6 of 10 polynomials b_i(x): stages 2 to 5, of low order themselves, take no part. Equations: every rooted-tree order condition up to order 5 (9 of them are
independent), b_i(1) = b_i, and slopes f0 and f1 at both ends. Of the 15 degrees of freedom left, least squares takes the least residual in the
conditions of order 6. Needs numpy. Coefficients of the method are read from its file in packages/ode/src/methods/explicit.
"""

import re
import sys
from collections import Counter
from fractions import Fraction
from functools import lru_cache
from math import factorial
from pathlib import Path

import numpy as np

DEGREE, STAGES = 6, 14
USED = [i for i in range(STAGES) if i not in (1, 2, 3, 4)]
source = (Path(__file__).parents[2] / f"packages/ode/src/methods/explicit/{sys.argv[1]}.ts").read_text()


def numbers(text):
    return [Fraction(entry.replace(" ", "")) for entry in re.findall(r"-?\d+(?:\.\d+)?(?: / \d+)?", text)]


weights = numbers(re.search(r"const weights = \[(.*?)\];", source, re.S).group(1))
rows = re.findall(r"\[([^\[\]]*)\]", re.search(r"coupling: \[(.*?)\n  \],", source, re.S).group(1))
A = [numbers(row) for row in rows] + [weights]


@lru_cache(None)
def forests(vertices):
    if vertices == 0:
        return [()]
    found = {tuple(sorted(rest + (tree,))) for k in range(1, vertices + 1) for tree in forests(k - 1) for rest in forests(vertices - k)}
    return sorted(found)


def trees(order):
    return forests(order - 1)


def order(tree):
    return 1 + sum(map(order, tree))


def density(tree):
    product = order(tree)
    for subtree in tree:
        product *= density(subtree)
    return product


def symmetry(tree):
    product = 1
    for subtree, count in Counter(tree).items():
        product *= symmetry(subtree) ** count * factorial(count)
    return product


def stage_weights(tree):
    product = [Fraction(1)] * STAGES
    for subtree in tree:
        inner = stage_weights(subtree)
        product = [p * sum((a * w for a, w in zip(row, inner)), Fraction(0)) for p, row in zip(product, A)]
    return product


def extended(value):
    """A fraction in long double: what residuals are computed in, since coefficients of some hundreds cancel in them."""
    head = float(value)
    return np.longdouble(head) + np.longdouble(float(Fraction(value) - Fraction(head)))


equations, values, exact = [], [], []


def require(terms, value, is_exact=True):
    row = np.zeros((STAGES, DEGREE), np.longdouble)
    for (stage, power), factor in terms:
        row[stage, power - 1] = extended(factor)
    equations.append(row[USED].ravel())
    values.append(extended(value))
    exact.append(is_exact)


for tree in [t for q in range(1, 6) for t in trees(q)]:
    phi = stage_weights(tree)
    for power in range(2, DEGREE + 1):
        value = Fraction(1, density(tree)) if order(tree) == power else 0
        require([((i, power), phi[i]) for i in range(STAGES)], value, is_exact=not any(tree))
for i in USED:
    powers = range(1, DEGREE + 1)
    require([((i, 1), 1)], i == 0)
    require([((i, d), 1) for d in powers], (weights + [Fraction(0)])[i])
    require([((i, d), d) for d in powers], i == STAGES - 1)
exact_equations, exact_values = np.array(equations), np.array(values)
first = np.where(exact, 1e3, 1.0)
# The method's rounded coefficients make equations contradict each other a little: quadrature and ends, whose factors are exact, go first.
exact_equations, exact_values = exact_equations * first[:, None], exact_values * first
equations, values = exact_equations.astype(float), exact_values.astype(float)

objective, target = [], []
for x in np.linspace(0.05, 0.95, 19):
    for tree in trees(6):
        phi, share = stage_weights(tree), 1 / symmetry(tree)
        objective.append([share * float(phi[i]) * x**d for i in USED for d in range(1, DEGREE + 1)])
        target.append(share * x**6 / density(tree))
objective, target = np.array(objective), np.array(target)

particular = np.linalg.lstsq(equations, values, rcond=1e-11)[0]
_, singular, right = np.linalg.svd(equations)
free = right[(singular > 1e-10 * singular[0]).sum() :].T
damped = np.vstack([objective @ free, 1e-7 * free])
z = np.linalg.lstsq(damped, np.concatenate([target - objective @ particular, -1e-7 * particular]), rcond=None)[0]
solution = particular + free @ z
for _ in range(5):
    residual = (exact_values - exact_equations @ solution).astype(float)
    solution = solution + np.linalg.lstsq(equations, residual, rcond=1e-11)[0].astype(np.longdouble)
solution = solution.astype(float)
print("largest residual of an equation:", np.abs((exact_equations @ solution - exact_values) / first).max())
print("root mean square residual of order 6:", np.sqrt(((objective @ solution - target) ** 2).mean()))
print(np.array2string(solution.reshape(len(USED), DEGREE), precision=17, floatmode="unique", max_line_width=160))
