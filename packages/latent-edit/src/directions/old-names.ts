/**
 * The settings of a training as files say them, under today's names: up to version 0.1.0, `preservationWeight` was called `preservation`.
 * Anything else that a file says stays as it is.
 */
export function settingsOfToday<T>(settings: T): T {
  if (typeof settings !== "object" || settings === null || !("preservation" in settings)) return settings;
  const { preservation, ...rest } = settings;
  return ("batchSize" in settings ? { ...rest, preservationWeight: preservation } : settings) as T;
}
