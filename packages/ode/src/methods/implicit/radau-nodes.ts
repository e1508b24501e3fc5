/** Nodes of Radau IIA of order 5. */
export function radauNodes(): number[] {
  const root6 = Math.sqrt(6);
  return [(4 - root6) / 10, (4 + root6) / 10, 1];
}
