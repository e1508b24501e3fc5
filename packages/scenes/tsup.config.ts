import { library } from "../../tools/tsup-library.js";

export default library(["src/index.ts", "src/node.ts", "src/render.ts", "src/render-worker.ts"]);
