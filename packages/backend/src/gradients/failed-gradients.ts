import { engine, type Tensor } from "@tensorflow/tfjs-core";

interface Recorder {
  state: { gradientDepth: number; activeTape?: { saved?: Tensor[] }[] | null };
  gradients: (...args: unknown[]) => unknown;
}

const REPAIRED = Symbol.for("latentflow.failedGradientsReleased");

/** When a differentiated function throws, tfjs-core forgets what it has saved for the backward pass that never comes. Here it is disposed of. */
export function releaseFailedGradients(): void {
  const recorder = engine() as unknown as Recorder & { [REPAIRED]?: boolean };
  if (recorder[REPAIRED] || typeof recorder.gradients !== "function") return;
  const gradients = recorder.gradients;
  recorder.gradients = function (this: Recorder, ...args) {
    try {
      return gradients.apply(this, args);
    } catch (error) {
      // An outer gradient that is still recording needs its own tape; its own failure comes by here, too.
      if (this.state.gradientDepth === 0) {
        for (const { saved } of this.state.activeTape ?? []) for (const tensor of saved ?? []) tensor.dispose();
        this.state.activeTape = null;
      }
      throw error;
    }
  };
  recorder[REPAIRED] = true;
}
