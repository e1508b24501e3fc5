/** Who may import whom. A subpath stands for itself alone. `docs/architecture.md` shows the same as a table. */
export const ALLOWED_IMPORTS: Readonly<Record<string, readonly string[]>> = {
  core: [],
  backend: ["core"],
  ode: ["core", "backend/gradients", "backend/wasm"],
  checkpoints: ["core"],
  onnx: ["core", "core/files"],
  models: ["core", "core/optim", "core/truncation", "backend/gradients", "backend/wasm", "checkpoints", "onnx"],
  "latent-edit": [
    ...["core", "core/files", "core/linear-algebra", "core/optim", "core/truncation", "core/workers"],
    ...["ode", "checkpoints", "backend", "backend/gradients"],
  ],
  metrics: ["core", "core/linear-algebra"],
  datasets: ["core", "core/files", "checkpoints"],
  scenes: ["core", "core/files", "checkpoints", "models"],
  engine: ["core", "backend", "checkpoints", "onnx", "latent-edit", "models", "scenes"],
  experiments: [
    ...["core", "core/files", "core/workers", "backend", "checkpoints", "datasets", "onnx", "engine"],
    ...["latent-edit", "latent-edit/files", "metrics", "models", "models/training"],
  ],
  latentflow: [
    ...["core", "backend", "ode", "onnx", "models", "latent-edit", "metrics"],
    ...["scenes", "engine", "experiments", "experiments/cli"],
  ],
};

/** Entries for Node alone. Every other one is for browsers, too: no import that runs may lead from it to one of Node's own modules. */
export const NODE_ENTRIES: readonly string[] = [
  ...["core/files", "core/workers", "onnx/files", "latent-edit/files", "latent-edit/workers", "scenes/node"],
  "datasets",
  ...["experiments", "experiments/cli"],
  // Its browser condition leaves `experiments` out.
  "latentflow",
];

/**
 * What is wrong with the imports of one file of package `name`.
 * @param imports specifiers; relative ones already resolved to a path below packages/
 * @param declared names in the package's dependencies and peer dependencies
 */
export function violations(name: string, imports: readonly string[], declared: readonly string[]): string[] {
  return imports.flatMap((specifier) => {
    // Where browsers load them is not a question of the package: see NODE_ENTRIES.
    if (specifier.startsWith("node:")) return [];
    if (/^[a-z-]+\/(src|data|package\.json)/.test(specifier)) {
      const owner = specifier.split("/")[0]!;
      return owner === name ? [] : [`reaches into ${owner}: import @latentflow/${owner} instead`];
    }
    if (specifier.startsWith("@latentflow/")) {
      const target = specifier.slice("@latentflow/".length);
      const owner = target.split("/")[0]!;
      if (/\/(src|dist)\//.test(target)) return [`reaches into @latentflow/${owner}`];
      if (!(ALLOWED_IMPORTS[name] ?? []).includes(target)) return [`may not import ${specifier}`];
      return declared.includes(`@latentflow/${owner}`) ? [] : [`@latentflow/${owner} is not in its package.json`];
    }
    const dependency = specifier
      .split("/")
      .slice(0, specifier.startsWith("@") ? 2 : 1)
      .join("/");
    return declared.includes(dependency) ? [] : [`${dependency} is not in its package.json`];
  });
}
