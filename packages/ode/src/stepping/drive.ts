import { nextMacrotask } from "@latentflow/core";
import type { Reading, StateSpace } from "../state/state-space.js";

/** Runs a solve to its end; reads scalars back as it needs them. On an error every state of the space is freed. */
export function drive<V, T>(space: StateSpace<V>, loop: Generator<Reading, T, number>): T {
  try {
    let next = loop.next();
    while (!next.done) next = loop.next(space.read(next.value));
    return next.value;
  } catch (error) {
    space.close([]);
    throw error;
  }
}

/** How long, in milliseconds, an asynchronous solve may keep the event loop. */
const SLICE = 12;

/** The same without blocking: awaits each scalar, and lets timers and abort events run in between. */
export async function driveAsync<V, T>(space: StateSpace<V>, loop: Generator<Reading, T, number>): Promise<T> {
  try {
    let sliceStart = performance.now();
    let next = loop.next();
    while (!next.done) {
      const value = await space.readAsync(next.value);
      if (performance.now() - sliceStart > SLICE) {
        await nextMacrotask();
        sliceStart = performance.now();
      }
      next = loop.next(value);
    }
    return next.value;
  } catch (error) {
    space.close([]);
    throw error;
  }
}
