import type { OnnxModel } from "./model.js";

/** Gives names that no value and no node of the model has: `base` itself, or with a number. */
export function freshNames(model: OnnxModel): (base: string) => string {
  let taken: Set<string> | undefined;
  return (base) => {
    taken ??= new Set([
      ...model.inputs.map(({ name }) => name),
      ...model.initializers.keys(),
      ...model.nodes.flatMap(({ name, outputs }) => [name, ...outputs]),
    ]);
    let name = base;
    for (let count = 1; taken.has(name); count++) name = `${base}_${count}`;
    taken.add(name);
    return name;
  };
}
