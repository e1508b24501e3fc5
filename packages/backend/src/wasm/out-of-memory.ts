import { BackendError } from "../errors.js";

/** What to throw when there are no `bytes` left on a heap. */
export function outOfMemory(bytes: number, heap: Uint8Array): BackendError {
  const [needed, grown] = [bytes, heap.length].map((count) => (count / 2 ** 30).toFixed(2));
  return new BackendError(
    `wasm: expected ${needed} GB of memory for a tensor, got none: its heap has grown to ${grown} of at most 4 GB. Take a smaller batch or smaller ` +
      "pictures, put steps into tf.tidy, and dispose of tensors.",
  );
}
