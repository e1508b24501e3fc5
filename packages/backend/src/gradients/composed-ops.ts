import {
  clone,
  div,
  equal,
  type GradConfig,
  mul,
  neg,
  onesLike,
  sigmoid,
  sqrt,
  type Tensor,
  where,
  zerosLike,
} from "@tensorflow/tfjs-core";
import { quotientGradient } from "./quotients.js";
import { repairRecording } from "./recorder.js";

type GradFunc = GradConfig["gradFunc"];

/** tfjs-core names the scope of an operation so. */
const LOG_SIGMOID = "logSigmoid__op";

/**
 * Gradients of kernels inside of an operation that tfjs-core composes of several, where the operation as a whole has another than its kernels
 * tell: by the operation's scope and the kernel's name.
 */
const inside: Readonly<Record<string, Readonly<Record<string, GradFunc>>>> = {
  // where(b = 0, 0, a / b): nothing of the quotient by 0 is used, so nothing of it comes back, whatever the slope behind.
  divNoNan__op: {
    RealDiv: (dy, saved) => {
      const [a, b] = saved as [Tensor, Tensor];
      const isZero = equal(b, 0);
      const used = where(isZero, zerosLike(dy as Tensor), dy as Tensor);
      return quotientGradient(used, a, where(isZero, onesLike(b), b));
    },
  },
  // √Σx². The root's slope at 0 is infinite, the norm's are all those of length up to 1; 0 is the one in their midst, as in PyTorch.
  norm__op: {
    Sqrt: (dy, saved) => {
      const [x] = saved as [Tensor];
      const isZero = equal(x, 0);
      return { x: () => where(isZero, zerosLike(x), div(dy as Tensor, mul(2, sqrt(where(isZero, onesLike(x), x))))) };
    },
  },
};

/** Of log σ(x) = −log(1 + e^−x). */
const logSigmoid: GradFunc = (dy, saved) => ({ 0: () => mul(dy as Tensor, sigmoid(neg(saved[0] as Tensor))) });

/** Lets the tape record those gradients in place of the kernels' own. */
export function repairComposedOps(): void {
  repairRecording("composedOps", (addTapeNode) => {
    return function (kernelName, inputs, outputs, gradient, saved, attrs) {
      const record = (name: string, gradient: unknown, saved: Tensor[]) =>
        addTapeNode.call(this, name, inputs, outputs, gradient, saved, attrs);
      const operation = this.state.scopeStack.at(-2)?.name ?? "";
      const other = inside[operation]?.[kernelName];
      // Under a name without a registered gradient: else that would be taken in place of this one.
      if (other) record(`${operation}.${kernelName}`, other, saved);
      // Its gradient reads an input that it has not kept, and which is gone if it was an intermediate result. (Copies go by the scope's name, too.)
      else if (kernelName === LOG_SIGMOID && inputs[0]) record("logSigmoid", logSigmoid, [this.keep(clone(inputs[0]))]);
      else record(kernelName, gradient, saved);
    };
  });
}
