import { dispose, type Tensor } from "@tensorflow/tfjs-core";

/** Hands tensors over, to be disposed at the end, and gives them back for use until then. */
export type TakeOwnership = <T extends Tensor | readonly Tensor[]>(tensors: T) => T;

/** An asynchronous `tidy`: what `body` owns is disposed when it ends, whether it returns or throws. */
export async function owning<T>(body: (own: TakeOwnership) => Promise<T>): Promise<T> {
  const owned: (Tensor | readonly Tensor[])[] = [];
  try {
    return await body((tensors) => {
      owned.push(tensors);
      return tensors;
    });
  } finally {
    for (const tensors of owned) dispose(tensors as Tensor | Tensor[]);
  }
}
