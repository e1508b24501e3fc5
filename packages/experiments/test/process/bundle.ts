import { bundleForTests } from "../../../../tools/bundle-for-tests.js";

const packageFolder = new URL("../../", import.meta.url);
const programFolder = new URL("./", import.meta.url);

/** The command, its worker and the test models as plain JavaScript; see `bundleForTests`. */
export function bundle(name: string): Promise<URL> {
  const own = ["cli", "job-worker", "index"];
  return bundleForTests({
    packageFolder,
    name,
    own,
    programs: ["tiny-model", "nan-model", "own-extensions"],
    programFolder,
    splitting: true,
  });
}
