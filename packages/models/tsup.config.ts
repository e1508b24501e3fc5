import { library } from "../../tools/tsup-library.js";

export default library(["src/index.ts", "src/training.ts"]);
