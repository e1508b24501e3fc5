/** What trainings did before there were settings for it. */
const BEFORE = {
  divergence: "kl",
  originalTemperature: 1,
  attributeScale: "equal",
  lengths: "one",
  pathShare: 0,
  codesWeight: 0,
} as const;

/**
 * The settings of a training as files say them, under today's names and with those that came later: up to version 0.1.0, `preservationWeight` was
 * called `preservation`. Anything else that a file says stays as it is.
 */
export function settingsOfToday<T>(settings: T): T {
  if (typeof settings !== "object" || settings === null || !("batchSize" in settings && "temperature" in settings))
    return settings;
  const { preservation, ...rest } = settings as T & { preservation?: unknown; temperature: unknown };
  const named = typeof preservation === "number" ? { ...rest, preservationWeight: preservation } : settings;
  return { ...BEFORE, preservationTemperature: rest.temperature, ...named } as T;
}
