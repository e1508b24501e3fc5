/** Isaac3D: all nine factors, without truncation. `npm run example:isaac3d -- --released FOLDER`, or `-- --smoke`. */
import { paperExample, whenStarted } from "../paper-example.js";

export const isaac3d = (args: readonly string[]) => paperExample({ dataset: "isaac3d" }, args);

await whenStarted(import.meta.url, isaac3d);
