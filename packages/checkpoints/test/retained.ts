import { Budget } from "../src/budget.js";

/** Bytes that a value takes in V8 on 64 bits, everything it reaches counted once, texts by what they say. */
export function retainedSize(root: unknown, own: ArrayBufferLike): number {
  const seen = new Set<unknown>();
  const open: unknown[] = [root];
  let bytes = 0;
  while (open.length > 0) {
    const value = open.pop();
    if (typeof value === "number" && (value | 0) !== value) bytes += 16;
    else if (typeof value === "bigint") bytes += 24;
    const isReference = typeof value === "string" || (typeof value === "object" && value !== null);
    if (!isReference || seen.has(value)) continue;
    seen.add(value);
    if (typeof value === "string") bytes += 16 + value.length;
    else if (ArrayBuffer.isView(value)) {
      bytes += 104;
      if (value.buffer !== own && !seen.has(value.buffer)) bytes += 96 + value.buffer.byteLength;
      seen.add(value.buffer);
    } else if (Array.isArray(value)) {
      bytes += 32 + (value.length > 0 ? 16 + 8 * value.length : 0);
      for (const item of value) open.push(item);
    } else if (value instanceof Map || value instanceof Set) {
      bytes += 184 + Math.max(0, value.size - 4) * (value instanceof Map ? 28 : 20);
      for (const [key, item] of value.entries()) open.push(key, item);
    } else {
      const fields = Object.values(value as object);
      bytes += 24 + 8 * fields.length;
      for (const field of fields) open.push(field);
    }
  }
  return bytes;
}

/** Runs `work` and answers what all budgets were charged meanwhile. */
export async function chargesOf<T>(work: () => Promise<T>): Promise<{ result: T; charged: number }> {
  const { charge, chargeValues } = Budget.prototype;
  let charged = 0;
  let inside = 0;
  const counted = (method: typeof charge): typeof charge =>
    function (this: Budget, bytes, what, offset) {
      // Values beyond their allowance are charged once more, from the common limit.
      if (inside++ === 0) charged += bytes;
      try {
        method.call(this, bytes, what, offset);
      } finally {
        inside--;
      }
    };
  Budget.prototype.charge = counted(charge);
  Budget.prototype.chargeValues = counted(chargeValues);
  try {
    const result = await work();
    return { result, charged };
  } finally {
    Object.assign(Budget.prototype, { charge, chargeValues });
  }
}
