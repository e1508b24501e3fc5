import { gradientRegistryAlias } from "./gradient-registry.js";
import { packageNames, sourceAliases } from "./source-aliases.js";

/** One vitest project a package, and one for what crosses packages (test/). */
export function testProjects(pattern: string, exclude: string[]) {
  const alias = [...sourceAliases(), gradientRegistryAlias()];
  const folders = [
    ...packageNames().map((name) => ({ name, folder: `packages/${name}/test` })),
    { name: "cross-package", folder: "test" },
  ];
  return folders.map(({ name, folder }) => ({
    resolve: { alias },
    test: {
      name,
      include: [`${folder}/**/${pattern}`],
      exclude,
      pool: "forks" as const,
      // For what hangs, not for what is slow: no test depends on being quick, so that a loaded machine fails none. No file sets a limit of its own.
      testTimeout: 900_000,
      hookTimeout: 900_000,
    },
  }));
}
