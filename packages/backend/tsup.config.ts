import { library } from "../../tools/tsup-library.js";

// tfjs-core's gradient registry can't be imported by Node (extensionless imports): it is bundled in (NOTICE).
export default library(["src/index.ts", "src/gradients.ts", "src/wasm.ts"], { noExternal: [/@tensorflow\/tfjs-core\/dist\//] });
