import { BackendError } from "../errors.js";

const GIGABYTE = 2 ** 30;

/** What to throw when there were no `bytes` left on a heap that has grown to `heap` of them. */
export function outOfMemory(bytes: number, heap: number): BackendError {
  const inGigabytes = (count: number) => (count / GIGABYTE).toFixed(2);
  return new BackendError(
    `wasm: expected ${inGigabytes(bytes)} GB of memory for a tensor, got none: its heap has grown to ${inGigabytes(heap)} of at most 4 GB. ` +
      "Take a smaller batch or smaller pictures, put steps into tf.tidy, and dispose of tensors that are no longer needed.",
  );
}
