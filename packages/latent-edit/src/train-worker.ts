/** The file that a worker thread of `trainDirections` runs. */
import { serveTrainings } from "./workers/serve.js";

serveTrainings();
