import * as shared from "../constants";

export const FLOAT: usize = shared.FLOAT;
export const VECTOR: usize = shared.VECTOR;

/** The part of so many bytes that consists of whole vectors. */
export function wholeVectors(bytes: usize): usize {
  return bytes & ~(VECTOR - 1);
}

/** The last floats of a row, fewer than four, are worked on one by one: as the first lane of a vector. */
export function loadOne(address: usize): v128 {
  return v128.load_zero<f32>(address);
}

export function storeOne(address: usize, value: v128): void {
  v128.store_lane<f32>(address, value, 0);
}
