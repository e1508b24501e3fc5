/** The file that a worker thread of `trainDirections` runs. */
import { serveJobs } from "./workers/serve.js";

serveJobs();
