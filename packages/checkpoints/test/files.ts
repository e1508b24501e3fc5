import { readFileSync } from "node:fs";

/** A file that PyTorch, NumPy or safetensors wrote (tools/reference/make_checkpoints.py). */
export function referenceFile(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`reference/${name}`, import.meta.url)));
}

export const referenceNames = [
  "training.zip.pt",
  "training.legacy.pt",
  "training.protocol4.pt",
  "nvlabs.protocol2.pkl",
  "nvlabs.protocol4.pkl",
  "types.safetensors",
  "c.npy",
  "fortran.npy",
  "big-endian.npy",
  "stored.npz",
  "deflated.npz",
] as const;

/** The elements that make_checkpoints.py gives a tensor: ((i * 37 + length of the name * 11) % 251 - 125) / 16. */
export function referenceValues(name: string, count: number): number[] {
  return Array.from({ length: count }, (_, i) => (((i * 37 + name.length * 11) % 251) - 125) / 16);
}
