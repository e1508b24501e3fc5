import { library } from "../../tools/tsup-library.js";

export default library(["src/index.ts", "src/files.ts", "src/workers.ts", "src/train-worker.ts"]);
