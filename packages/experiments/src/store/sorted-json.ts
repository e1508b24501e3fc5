/** Plain JSON with the keys of every object in order: equal values give equal texts. Without Node, so that pages can write it, too. */
export function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_key, item) => (isObject(item) ? Object.fromEntries(Object.entries(item).sort()) : item));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
