/** Who may import whom. A subpath stands for itself alone. `docs/architecture.md` shows the same as a table. */
export const ALLOWED_IMPORTS: Readonly<Record<string, readonly string[]>> = {
  core: [],
  backend: ["core"],
  ode: ["core", "backend/gradients", "backend/wasm"],
  checkpoints: ["core"],
  onnx: ["core", "core/files"],
  models: ["core", "backend", "backend/gradients", "backend/wasm", "checkpoints", "onnx"],
  "latent-edit": ["core", "core/files", "core/optim", "ode", "checkpoints", "backend", "backend/gradients"],
  metrics: ["core"],
  datasets: ["checkpoints"],
  scenes: ["core", "core/files", "checkpoints", "models"],
  engine: ["core", "backend", "checkpoints", "onnx", "latent-edit", "models", "scenes"],
  experiments: [
    ...["core", "core/files", "backend", "backend/gradients", "checkpoints", "onnx", "models", "engine"],
    ...["latent-edit", "latent-edit/files", "metrics", "scenes"],
  ],
  latentflow: [
    ...["core", "backend", "ode", "onnx", "models", "latent-edit", "metrics"],
    ...["scenes", "engine", "experiments", "experiments/cli"],
  ],
};

/** Node's own modules are allowed where a file is Node's alone (a subpath or a dynamic import behind one). */
const NODE_ALLOWED = new Set(["core", "checkpoints", "latent-edit", "scenes", "models", "datasets", "onnx", "experiments"]);

/**
 * What is wrong with the imports of one file of package `name`.
 * @param imports specifiers; relative ones already resolved to a path below packages/
 * @param declared names in the package's dependencies and peer dependencies
 */
export function violations(name: string, imports: readonly string[], declared: readonly string[]): string[] {
  return imports.flatMap((specifier) => {
    if (specifier.startsWith("node:")) return NODE_ALLOWED.has(name) ? [] : [`imports ${specifier}, which browsers lack`];
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
