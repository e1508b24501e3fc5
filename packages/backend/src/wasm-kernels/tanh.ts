import type { TensorInfo } from "@tensorflow/tfjs-core";
import { allocate, floatsOf } from "../wasm/heap.js";
import { fallingBack } from "./fall-back.js";

/** From here on tanh x rounds to 1 in float32. */
const SATURATED = 9.02;

/**
 * tanh with a rational function in place of the C library's, which takes longer than a matrix product over the same layer. Its relative error,
 * 1.4e-9, is far below float32's 6e-8; coefficients by tools/reference/backend_tanh.py.
 */
export const tanh = fallingBack("Tanh", (stock) => (args) => {
  const { x } = args.inputs as { x: TensorInfo };
  if (x.dtype !== "float32") return stock(args);
  const { backend } = args;
  const out = allocate(backend, x.shape);
  const [from, to] = floatsOf(backend, x, out);
  tanhInto(to, from);
  return out;
});

function tanhInto(out: Float32Array, xs: Float32Array): void {
  for (let i = 0; i < xs.length; i++) {
    const x = xs[i]!;
    // Written so that NaN goes through the quotient.
    if (x > SATURATED) out[i] = 1;
    else if (x < -SATURATED) out[i] = -1;
    else {
      const s = x * x;
      const p =
        0.9999999986934509 +
        s *
          (0.13679909555088593 +
            s * (0.003868320826758178 + s * (2.8007319279461513e-5 + s * (3.058468977789257e-8 - s * 1.2203224792690031e-11))));
      const q =
        1 + s * (0.4701324161645094 + s * (0.02724581350432015 + s * (3.9386189089293024e-4 + s * 1.2873568745785472e-6)));
      out[i] = (x * p) / q;
    }
  }
}
