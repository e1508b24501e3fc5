/** `tsx tools/write-datasets.ts NAME FOLDER`: a small made-up data set in the true format, to try readers and examples on. */
import { MADE_UP } from "./made-up-datasets/index.js";

const [name = "", folder] = process.argv.slice(2);
if (!Object.hasOwn(MADE_UP, name) || folder === undefined) {
  console.error(
    `write-datasets: expected one of ${Object.keys(MADE_UP).join(", ")} and a folder, got ${process.argv.slice(2).join(" ") || "nothing"}.`,
  );
  process.exitCode = 2;
} else {
  console.log(await MADE_UP[name as keyof typeof MADE_UP](folder));
}
