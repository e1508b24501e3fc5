import { mean } from "../results/numbers.js";

/** How numbers are written in the report. A number that does not exist is a dash; minus is a minus sign, not a hyphen. */
export const NONE = "–";

/** `digits` after the point. */
export function fixed(value: number | null | undefined, digits = 2): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NONE;
  const text = value.toFixed(digits);
  return withMinus(Number(text) === 0 ? text.replace("-", "") : text);
}

/** As {@link fixed}, with a plus sign for what is above 0: a difference. */
export function signed(value: number | null | undefined, digits = 3): string {
  const text = fixed(value, digits);
  return text !== NONE && !text.startsWith("−") && Number(text) !== 0 ? `+${text}` : text;
}

export function interval(limits: readonly [number, number] | null, digits = 3, write = fixed): string {
  return limits === null ? NONE : `[${write(limits[0], digits)}, ${write(limits[1], digits)}]`;
}

export function percent(share: number | null | undefined): string {
  return share === null || share === undefined || !Number.isFinite(share)
    ? NONE
    : `${fixed(share * 100, share > 0 && share < 0.1 ? 1 : 0)}\u00a0%`;
}

/** As short as 3 significant digits allow. */
export function short(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NONE;
  return withMinus(String(Number(value.toPrecision(3))));
}

export function duration(seconds: number): string {
  if (seconds < 100) return `${fixed(seconds, seconds < 10 ? 1 : 0)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Mean and standard deviation: "93 % ± 2 %". */
export function meanAndSpread(values: readonly number[], write: (value: number) => string): string {
  const average = mean(values);
  const deviation = Math.sqrt(values.reduce((sum, x) => sum + (x - average) ** 2, 0) / Math.max(1, values.length - 1));
  return `${write(average)} ± ${write(deviation)}`;
}

/** "a", "a and b", "a, b and c". */
export function list(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

/** A list of names; one with a comma inside would fall apart in it, and gets quotation marks. */
export function names(all: readonly string[]): string {
  return list(all.map((name) => (name.includes(",") ? `“${name}”` : name)));
}

/** "1 start", "2 starts". */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${n.toLocaleString("en")} ${n === 1 ? one : many}`;
}

/** Names of attributes, in words. */
export function words(name: string): string {
  return name.replaceAll("_", " ");
}

function withMinus(text: string): string {
  return text.replace("-", "−");
}
