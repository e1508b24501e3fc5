import { createHash } from "node:crypto";
import { sortedJson } from "./sorted-json.js";

/** SHA-256, in hexadecimal. */
export function hashOf(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

/** Hash of plain JSON, whatever the order of its keys. */
export function hashOfJson(value: unknown): string {
  return hashOf(sortedJson(value));
}

/** The object with a hash of itself, which tells later whether it is still as it was written. */
export function sealed<T extends object>(value: T): T & { readonly seal: string } {
  return { ...value, seal: hashOfJson(value) };
}

/** Whether an object's hash is still right; without one, as earlier versions wrote it, there is nothing to compare. */
export function isSealed({ seal, ...rest }: { readonly seal?: string }): boolean {
  return seal === undefined || seal === hashOfJson(rest);
}
