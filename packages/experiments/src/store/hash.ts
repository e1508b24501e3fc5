import { createHash } from "node:crypto";

/** SHA-256, in hexadecimal. */
export function hashOf(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

/** Hash of plain JSON, whatever the order of its keys. */
export function hashOfJson(value: unknown): string {
  return hashOf(JSON.stringify(value, (_key, item) => (isRecord(item) ? Object.fromEntries(Object.entries(item).sort()) : item)));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
