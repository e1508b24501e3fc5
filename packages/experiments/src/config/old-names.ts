/**
 * Up to version 0.1.0 `train.preservationWeight` was called `train.preservation`. Kept runs say so, and the hashes by which a run knows its
 * finished jobs were made of it.
 */
const [OLD, NEW] = ["preservation", "preservationWeight"];

/** Settings as a kept run says them, under today's names. */
export function underTodaysNames<T>(settings: T): T {
  return renamed(settings, OLD, NEW);
}

/** A job's settings under the names that hashes are made of. */
export function underHashedNames<T>(settings: T): T {
  return renamed(settings, NEW, OLD);
}

/** `train` with one name in another's place; what lacks the one, or has both, stays as it is. */
function renamed<T>(settings: T, from: string, to: string): T {
  const { train } = (settings ?? {}) as { readonly train?: unknown };
  if (typeof train !== "object" || train === null || !(from in train) || to in train) return settings;
  return {
    ...settings,
    train: Object.fromEntries(Object.entries(train).map(([key, value]) => [key === from ? to : key, value])),
  };
}
