import { packageNames, sourceAliases } from "./source-aliases.js";

/** One vitest project a package, and one for what crosses packages (test/). */
export function testProjects(pattern: string, exclude: string[]) {
  const folders = [
    ...packageNames().map((name) => ({ name, folder: `packages/${name}/test` })),
    { name: "cross-package", folder: "test" },
  ];
  return folders.map(({ name, folder }) => ({
    resolve: { alias: sourceAliases() },
    test: {
      name,
      include: [`${folder}/**/${pattern}`],
      exclude,
      pool: "forks" as const,
      testTimeout: 60_000,
      hookTimeout: 120_000,
      // tfjs-core's gradient registry has extensionless imports that plain Node can't resolve.
      server: { deps: { inline: [/@tensorflow\/tfjs-core\/dist\//] } },
    },
  }));
}
