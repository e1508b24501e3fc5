import { engine, type Tensor } from "@tensorflow/tfjs-core";

/**
 * Disposes what tfjs (4.22) has saved for a backward pass that never comes, because the forward pass threw: it forgets to. Not while an outer
 * gradient is still recording.
 */
export function releaseTape(): void {
  const state = engine().state as unknown as { gradientDepth: number; activeTape?: { saved?: Tensor[] }[] | null };
  if (state.gradientDepth > 0) return;
  for (const { saved } of state.activeTape ?? []) for (const tensor of saved ?? []) tensor.dispose();
  state.activeTape = null;
}
