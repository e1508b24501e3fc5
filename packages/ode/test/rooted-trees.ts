/** A rooted tree as the list of its subtrees, sorted; the single vertex is []. */
export type RootedTree = readonly RootedTree[];

/** All rooted trees with the given number of vertices. */
export function rootedTrees(order: number): RootedTree[] {
  return forests(order - 1);
}

/** All multisets of trees with so many vertices together. */
function forests(vertices: number): RootedTree[] {
  if (vertices === 0) return [[]];
  const found = new Map<string, RootedTree>();
  for (let k = 1; k <= vertices; k++) {
    for (const tree of rootedTrees(k)) {
      for (const rest of forests(vertices - k)) {
        const forest = [...rest, tree].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
        found.set(JSON.stringify(forest), forest);
      }
    }
  }
  return [...found.values()];
}

export function orderOf(tree: RootedTree): number {
  return 1 + tree.reduce((sum, subtree) => sum + orderOf(subtree), 0);
}

/** γ(τ): the density of a tree (Butcher; Hairer, Nørsett & Wanner I, definition II.2.10). */
export function density(tree: RootedTree): number {
  return tree.reduce((product, subtree) => product * density(subtree), orderOf(tree));
}

/** Φᵢ(τ): the elementary weight of a tree at each stage. */
export function stageWeights(tree: RootedTree, coupling: readonly (readonly number[])[]): number[] {
  return tree.reduce<number[]>(
    (product, subtree) => {
      const inner = stageWeights(subtree, coupling);
      return product.map((value, i) => value * coupling[i]!.reduce((sum, a, j) => sum + a * inner[j]!, 0));
    },
    coupling.map(() => 1),
  );
}
