import { describe, expect, it } from "vitest";
import { amplifiers } from "./amplifiers.js";
import { defect, outcomeOf, seededInts } from "./fuzz.js";
import { type RandomFile, randomNpy, randomPickle, randomSafetensors, randomZip } from "./random-amplifiers.js";
import { chargesOf, retainedSize } from "./retained.js";

/** What V8 takes for a value however small: maps, a root. */
const SMALL = 2048;

/**
 * Reads a file; answers what is wrong with how it went: anything but a value or a CheckpointError, or a value that is larger than what the
 * reader paid for from its budget.
 */
async function unpaid(name: string, bytes: Uint8Array): Promise<{ wrong: string | undefined; isValue: boolean }> {
  const { result, charged } = await chargesOf(() => outcomeOf(name, bytes));
  const isValue = result.error === undefined;
  // Processor time is the slow test's matter.
  const wrong = defect({ ...result, milliseconds: 0 }, bytes.length);
  if (wrong !== undefined || !isValue) return { wrong, isValue };
  const size = retainedSize(result.value, bytes.buffer);
  return { wrong: size > charged + SMALL ? `keeps ${size} bytes, paid for ${charged}` : undefined, isValue };
}

describe("what grows is paid for", () => {
  it.each(Object.entries(amplifiers))("%s", async (_title, make) => {
    const { name, bytes } = make(20_000);
    expect((await unpaid(name, bytes)).wrong).toBeUndefined();
  });

  const generators: Record<string, [make: (random: (n: number) => number, size: number) => RandomFile, count: number]> = {
    pickles: [randomPickle, 400],
    "safetensors headers": [randomSafetensors, 100],
    "npy headers": [randomNpy, 100],
    "zip directories": [randomZip, 60],
  };

  it.each(Object.entries(generators))("random %s", async (title, [make, count]) => {
    const random = seededInts(title.length);
    let values = 0;
    for (let i = 0; i < count; i++) {
      const { name, bytes, what } = make(random, 200 + random(8000));
      const { wrong, isValue } = await unpaid(name, bytes);
      expect(wrong && `${what}: ${wrong}`).toBeUndefined();
      if (isValue) values++;
    }
    // Headers of tokens in any order are hardly ever right.
    if (title !== "npy headers") expect(values).toBeGreaterThan(count / 10);
  });
});
