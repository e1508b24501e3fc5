/** Places365, natural outdoor: lush and rugged. `npm run example:places365 -- --released FOLDER`, or `-- --smoke`. */
import { paperExample, whenStarted } from "../paper-example.js";

/** All forty: `attributes: "all"`, and days. */
const changes = { attributes: ["lush", "rugged"] };

export const places365 = (args: readonly string[]) => paperExample({ dataset: "places365", changes }, args);

await whenStarted(import.meta.url, places365);
