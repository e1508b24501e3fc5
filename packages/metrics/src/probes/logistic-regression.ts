import { minimize } from "./lbfgs.js";

export interface LogisticModel {
  /** [classes, dimension] row by row. */
  readonly weights: Float64Array;
  /** [classes] */
  readonly intercepts: Float64Array;
  readonly converged: boolean;
}

/**
 * Multinomial logistic regression with an L2 penalty on the weights, not on the intercepts:
 * min C · Σ −ln softmax(Wx + b)[y] + ½‖W‖². With two classes C is halved, so that the decision equals the one-vector form with C.
 *
 * @param x [n, d] row by row
 * @param y class of each row
 */
export function fitLogistic(x: Float64Array, y: ArrayLike<number>, d: number, classes: number, C: number): LogisticModel {
  const n = y.length;
  const cost = classes === 2 ? C / 2 : C;
  const intercept = classes * d;
  const scores = new Float64Array(classes);
  const objective = (theta: Float64Array, gradient: Float64Array) => {
    gradient.fill(0);
    let value = 0;
    for (let i = 0; i < intercept; i++) {
      value += 0.5 * theta[i]! * theta[i]!;
      gradient[i] = theta[i]!;
    }
    for (let i = 0; i < n; i++) {
      linearScores(theta, x, i, d, classes, scores);
      const largest = scores.reduce((a, b) => Math.max(a, b));
      let total = 0;
      for (let c = 0; c < classes; c++) total += Math.exp(scores[c]! - largest);
      value += cost * (largest + Math.log(total) - scores[y[i]!]!);
      for (let c = 0; c < classes; c++) {
        const residual = cost * (Math.exp(scores[c]! - largest) / total - Number(c === y[i]));
        for (let k = 0; k < d; k++) gradient[c * d + k]! += residual * x[i * d + k]!;
        gradient[intercept + c]! += residual;
      }
    }
    return value;
  };
  const { x: theta, converged } = minimize(objective, new Float64Array(intercept + classes), 1e-8 * Math.max(1, cost * n), 500);
  return { weights: theta.slice(0, intercept), intercepts: theta.slice(intercept), converged };
}

/** The most likely class of each row of x [n, d]. */
export function predictLogistic(model: LogisticModel, x: Float64Array, d: number): Uint32Array {
  const classes = model.intercepts.length;
  const theta = new Float64Array(classes * (d + 1));
  theta.set(model.weights);
  theta.set(model.intercepts, classes * d);
  const scores = new Float64Array(classes);
  return Uint32Array.from({ length: x.length / d }, (_, i) => {
    linearScores(theta, x, i, d, classes, scores);
    return scores.indexOf(scores.reduce((a, b) => Math.max(a, b)));
  });
}

/** Wx + b of row i, into `scores`. */
function linearScores(theta: Float64Array, x: Float64Array, i: number, d: number, classes: number, scores: Float64Array): void {
  for (let c = 0; c < classes; c++) {
    let score = theta[classes * d + c]!;
    for (let k = 0; k < d; k++) score += theta[c * d + k]! * x[i * d + k]!;
    scores[c] = score;
  }
}
