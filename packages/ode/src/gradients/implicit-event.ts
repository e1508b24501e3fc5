import {
  add,
  customGrad,
  div,
  type GradSaveFunc,
  mul,
  neg,
  type Scalar,
  scalar,
  sum,
  type Tensor,
  tidy,
  zerosLike,
} from "@tensorflow/tfjs-core";
import { offTape, pullBack } from "../state/tape.js";
import { firstOrderOnly } from "./first-order.js";
import { timeDerivative } from "./time-derivative.js";

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
  /** The times at which event may be asked. */
  readonly interval: readonly [low: number, high: number];
  /** About the length of a step, over which event is smooth in t. */
  readonly timeScale: number;
}

/**
 * Time and state of an event as functions of everything that they depend on, by the implicit function theorem: g(t*, y(t*)) = 0 gives
 * dt* = −dg / (∂g/∂t + ∂g/∂y · f), and the state moves by f dt* besides (Chen, Amos & Nickel, Learning neural event functions, 2021).
 * Values stay as they are; one Newton step, which is zero in value, carries the gradient.
 */
export function implicitEvent(found: ImplicitEvent): { t: Scalar; y: Tensor[] } {
  const { caller, t, time, y, event, slopes, tensorTime } = found;
  const at = tensorTime ? time : t;
  const rate = offTape(() => {
    const { gradients } = pullBack(() => event(at, y), [...y, time]);
    const along = slopes.map((slope, m) => innerProductWith(gradients[m], slope)).filter((term) => term !== undefined);
    const explicit = tensorTime ? gradients[y.length] : explicitRate(found);
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

/** ∂g/∂t of an event function that takes its time as a number. */
function explicitRate({ event, t, y, interval, timeScale }: ImplicitEvent): Tensor {
  const value = (time: number) => tidy(() => event(time, y).dataSync()[0]!);
  return scalar(timeDerivative(value, t, interval, timeScale));
}

const innerProductWith = (gradient: Tensor | undefined, slope: Tensor) =>
  gradient === undefined ? undefined : sum(mul(gradient, slope));
