/** CUB-200-2011: the eleven released flows, beside straight edits. `npm run example:cub -- --released FOLDER`, or `-- --smoke`. */
import { paperExample, whenStarted } from "../paper-example.js";

export const cub = (args: readonly string[]) => paperExample({ dataset: "cub" }, args);

await whenStarted(import.meta.url, cub);
