/** Moves labels that would overlap apart, as little as needed, and keeps them between `top` and `bottom`. In any order; answers in the same. */
export function spreadLabels(wanted: readonly number[], heights: readonly number[], top: number, bottom: number): number[] {
  const order = wanted.map((_, i) => i).sort((a, b) => wanted[a]! - wanted[b]! || a - b);
  const placed = [...wanted];
  let free = top;
  for (const i of order) {
    placed[i] = Math.max(wanted[i]!, free + heights[i]! / 2);
    free = placed[i]! + heights[i]! / 2;
  }
  let limit = bottom;
  for (const i of [...order].reverse()) {
    placed[i] = Math.min(placed[i]!, limit - heights[i]! / 2);
    limit = placed[i]! - heights[i]! / 2;
  }
  return placed;
}

/** Breaks a name into lines of about `width` letters, at spaces only. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
