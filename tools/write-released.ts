/** `tsx tools/write-released.ts NAME FOLDER`: what the paper's code and its downloads are for a data set, tiny, in the true layout, to try commands and examples on. */
import { useBackend } from "@latentflow/backend";
import { RELEASED, type ReleasedName, writeReleased } from "./made-up-released/index.js";

const [name = "", folder] = process.argv.slice(2);
if (!(RELEASED as readonly string[]).includes(name) || folder === undefined) {
  console.error(
    `write-released: expected one of ${RELEASED.join(", ")} and a folder, got ${process.argv.slice(2).join(" ") || "nothing"}.`,
  );
  process.exitCode = 2;
} else {
  await useBackend("wasm");
  console.log((await writeReleased(folder, name as ReleasedName)).join("\n"));
}
