import { describeValue } from "@latentflow/core";
import { ConfigError } from "../errors.js";

/** Bytes of a name that a folder can have: file systems take 255, and more is added to it. */
const LONGEST = 240;

/** A name with the letters that a folder's may have. */
export function plainName(text: string): string {
  return text.normalize().replace(/[^\p{L}\p{N}_-]+/gu, "_") || "_";
}

/** Why no folder can have a name, as a message about the field where it stands; null where one can. */
export function folderNameFault(field: string, name: string): string | null {
  const bytes = Buffer.byteLength(plainName(name));
  if (bytes <= LONGEST) return null;
  return `expected names in ${field} of at most ${LONGEST} bytes, since folders are named after them, got ${bytes} bytes: ${describeValue(name)}. Give a shorter name.`;
}

/**
 * A name as a folder's.
 *
 * @param field where the name stands, for the error
 * @throws ConfigError when it is too long for one
 */
export function folderName(field: string, name: string): string {
  const fault = folderNameFault(field, name);
  if (fault !== null) throw new ConfigError(`config: ${fault}`);
  return plainName(name);
}
