import {
  add,
  customGrad,
  div,
  type GradSaveFunc,
  mul,
  neg,
  type Scalar,
  sub,
  sum,
  type Tensor,
  zerosLike,
} from "@tensorflow/tfjs-core";
import { firstOrderOnly } from "./first-order.js";
import { offTape, pullBack } from "./tape.js";

/** An event that was found: where, and the functions that define it. */
export interface ImplicitEvent {
  /** Name of the public function, for messages. */
  readonly caller: string;
  /** Its time as a number. */
  readonly t: number;
  /** Its time as a tensor. */
  readonly time: Scalar;
  /** State at that time. */
  readonly y: readonly Tensor[];
  /** The event function g of a time and the state's leaves. */
  readonly event: (t: number | Scalar, y: readonly Tensor[]) => Scalar;
  /** f(t, y) at the event. */
  readonly slopes: readonly Tensor[];
  /** Whether f and event take their times as tensors. */
  readonly tensorTime: boolean;
}

/**
 * Time and state of an event as functions of everything that they depend on, by the implicit function theorem: g(t*, y(t*)) = 0 gives
 * dt* = −dg / (∂g/∂t + ∂g/∂y · f), and the state moves by f dt* besides (Chen, Amos & Nickel, Learning neural event functions, 2021).
 * Values stay as they are; one Newton step, which is zero in value, carries the gradient.
 */
export function implicitEvent({ caller, t, time, y, event, slopes, tensorTime }: ImplicitEvent): { t: Scalar; y: Tensor[] } {
  const at = tensorTime ? time : t;
  const rate = offTape(() => {
    const { gradients } = pullBack(() => event(at, y), [...y, time]);
    const along = slopes.map((slope, m) => innerProductWith(gradients[m], slope)).filter((term) => term !== undefined);
    const explicit = tensorTime ? gradients[y.length] : explicitRate(event, t, y);
    return [...along, ...(explicit === undefined ? [] : [explicit])].reduce((total, term) => add(total, term));
  });
  // Zero in value; to first order −dg/rate.
  const newton = customGrad((residual, save) => {
    (save as GradSaveFunc)([rate]);
    return {
      value: zerosLike(residual as Tensor),
      gradFunc: (dy: Tensor, [rate]: Tensor[]) =>
        firstOrderOnly(caller, [offTape(() => neg(div(dy, rate!)))], [dy, residual as Tensor])[0]!,
    };
  });
  const shift = newton(event(at, y)) as Scalar;
  return { t: add(time, shift), y: y.map((leaf, m) => add(leaf, mul(slopes[m]!, shift))) };
}

/** ∂g/∂t of an event function that takes its time as a number: a central difference. */
function explicitRate(event: ImplicitEvent["event"], t: number, y: readonly Tensor[]): Tensor {
  const delta = 1e-3 * Math.max(1, Math.abs(t));
  return div(sub(event(t + delta, y), event(t - delta, y)), 2 * delta);
}

const innerProductWith = (gradient: Tensor | undefined, slope: Tensor) =>
  gradient === undefined ? undefined : sum(mul(gradient, slope));
