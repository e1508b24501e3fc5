import { bundleForTests } from "../../../../tools/bundle-for-tests.js";

const packageFolder = new URL("../../", import.meta.url);
const programFolder = new URL("./", import.meta.url);

/** The worker pool and some programs of this folder as plain JavaScript; see `bundleForTests`. */
export function bundle(name: string, programs: readonly string[]): Promise<URL> {
  const own = ["workers", "train-worker", "files"];
  return bundleForTests({ packageFolder, name, own, programs, programFolder, splitting: false });
}
