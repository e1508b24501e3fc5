import {
  abs,
  add,
  cast,
  div,
  equal,
  type GradConfig,
  maximum,
  mul,
  neg,
  onesLike,
  square,
  type Tensor,
  where,
} from "@tensorflow/tfjs-core";
import { fit } from "./broadcast-pairs.js";

const float = (x: Tensor): Tensor => (x.dtype === "float32" ? x : cast(x, "float32"));

/** Of a / b: dy/b and −(dy a)/b/b. tfjs-core divides by b², which is 0 or infinite in float32 long before the quotient is. */
export function quotientGradient(dy: Tensor, a: Tensor, b: Tensor): { a: () => Tensor; b: () => Tensor } {
  const divisor = float(b);
  return {
    a: () => fit(div(dy, divisor), a),
    b: () => neg(div(div(fit(mul(dy, float(a)), b), divisor), divisor)),
  };
}

const quotient: GradConfig = {
  kernelName: "RealDiv",
  inputsToSave: ["a", "b"],
  gradFunc: (dy, saved) => quotientGradient(dy as Tensor, saved[0] as Tensor, saved[1] as Tensor),
};

/** The angle of (b, a): (b, −a)/(a² + b²), whose squares leave float32's range, too. At (0, 0), where none is right, it is 0, as in PyTorch. */
const angle: GradConfig = {
  kernelName: "Atan2",
  inputsToSave: ["a", "b"],
  gradFunc: (dy, saved) => {
    const [a, b] = (saved as [Tensor, Tensor]).map(float) as [Tensor, Tensor];
    const larger = maximum(abs(a), abs(b));
    const length = where(equal(larger, 0), onesLike(larger), larger);
    const [x, y] = [div(b, length), div(a, length)];
    // From 1 to 2, but 0 at (0, 0).
    const squares = maximum(add(square(x), square(y)), 1);
    const share = div(div(dy as Tensor, length), squares);
    return { a: () => fit(mul(share, x), a), b: () => fit(neg(mul(share, y)), b) };
  },
};

export const quotientGradients: readonly GradConfig[] = [quotient, angle];
