import { clone, engine, type Tensor, Variable } from "@tensorflow/tfjs-core";

/** One recorded operation, as far as it concerns us. */
interface TapeNode {
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly saved?: readonly Tensor[];
}

/** The part of the tfjs engine's state that records operations for differentiation. */
interface TapeState {
  activeTape: TapeNode[] | null | undefined;
  gradientDepth: number;
  kernelDepth: number;
}

const tapeState = () => engine().state as unknown as TapeState;

/** Whether operations are being recorded, by a `tf.grad` around us. */
export function isRecording(): boolean {
  const { gradientDepth, kernelDepth } = tapeState();
  return gradientDepth > 0 && kernelDepth === 0;
}

/** How many tapes are nested around us: of which order a derivative may be asked for. */
export const recordingDepth = (): number => (isRecording() ? tapeState().gradientDepth : 0);

/** Runs `work` with the surrounding tape set aside and `inner` in its place; puts it back whatever happens. */
function withState<T>(inner: TapeState, work: () => T): T {
  const state = tapeState();
  const { activeTape, gradientDepth, kernelDepth } = state;
  Object.assign(state, inner);
  try {
    return work();
  } finally {
    Object.assign(state, { activeTape, gradientDepth, kernelDepth });
  }
}

/** Runs `work` without recording it. */
export function offTape<T>(work: () => T): T {
  return withState({ activeTape: null, gradientDepth: 0, kernelDepth: 0 }, work);
}

/** Where the tape stands now, for `rewindTape`; undefined while nothing is recorded. */
export function tapeMark(): number | undefined {
  return isRecording() ? tapeState().activeTape?.length : undefined;
}

/** Forgets what was recorded since `mark` and frees what it saved: a rejected step, or a solve that threw, leaves no trace. */
export function rewindTape(mark: number | undefined): void {
  const tape = tapeState().activeTape;
  if (mark === undefined || !tape) return;
  freeSaved(tape.splice(mark));
}

function freeSaved(nodes: readonly TapeNode[]): void {
  for (const { saved } of nodes) for (const tensor of saved ?? []) tensor.dispose();
}

/** Runs `work` and finds the trainable variables that its operations read. */
export function findVariables<T>(work: () => T): { result: T; variables: Variable[] } {
  const tape: TapeNode[] = [];
  try {
    const result = withState({ activeTape: tape, gradientDepth: 1, kernelDepth: 0 }, work);
    return { result, variables: variablesOn(tape) };
  } finally {
    freeSaved(tape);
  }
}

function variablesOn(tape: readonly TapeNode[]): Variable[] {
  const found = new Set<Variable>();
  for (const { inputs } of tape) {
    for (const input of Object.values(inputs)) if (input instanceof Variable && input.trainable) found.add(input);
  }
  return [...found];
}

/** What `pullBack` answers. */
export interface PullBack {
  /** The value of f. */
  readonly value: Tensor;
  /** cotangentᵀ ∂f/∂x for each x; undefined where f does not depend on it. */
  readonly gradients: (Tensor | undefined)[];
  /** Trainable variables that f read. */
  readonly variables: Variable[];
}

/**
 * Value and vector-Jacobian product of `f`, on a tape of its own: it can run inside the gradient function of a custom gradient, where
 * `tf.grad` would destroy the outer tape.
 *
 * @param f its value is one tensor
 * @param xs tensors and variables to differentiate with respect to
 * @param cotangent shaped as the value (default: 1, for a scalar)
 */
export function pullBack(f: () => Tensor, xs: readonly Tensor[], cotangent?: Tensor): PullBack {
  return offTape(() => {
    let variables: Variable[] = [];
    try {
      const record = () => {
        const value = f();
        variables = variablesOn(tapeState().activeTape ?? []);
        // f may return one of xs itself; a copy keeps value and x apart.
        return clone(value);
      };
      // What f reads as indices or masks has no derivative, and tfjs refuses to look for one.
      const real = xs.filter(({ dtype }) => dtype === "float32");
      const { value, grads } = engine().gradients(record, real, cotangent, true);
      const gradients = xs.map((x) => (x.dtype === "float32" ? (grads[real.indexOf(x)] ?? undefined) : undefined));
      return { value, gradients, variables };
    } catch (error) {
      freeSaved(tapeState().activeTape ?? []);
      throw error;
    }
  });
}

/**
 * Runs `work` on a tape of its own, which is then appended to the one around. A gradient that work takes itself looks through that tape alone: it is
 * partial, of what work computes from its inputs and not of how those came about, and does not search all that was recorded before.
 */
export function onOwnTape<T>(work: () => T): T {
  if (!isRecording()) return work();
  const { activeTape: outer, gradientDepth } = tapeState();
  const inner: TapeNode[] = [];
  try {
    return withState({ activeTape: inner, gradientDepth, kernelDepth: 0 }, work);
  } finally {
    for (const node of inner) outer?.push(node);
  }
}

/** As `pullBack`, recorded on the tape around: a vector-Jacobian product that can be differentiated itself. */
export function pullBackOnTape(f: () => Tensor, xs: readonly Tensor[], cotangent?: Tensor): Pick<PullBack, "gradients"> {
  const { grads } = onOwnTape(() => engine().gradients(() => clone(f()), [...xs], cotangent, true));
  return { gradients: grads.map((gradient) => gradient ?? undefined) };
}
