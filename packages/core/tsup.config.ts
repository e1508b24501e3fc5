import { library } from "../../tools/tsup-library.js";

// pure-rand has subpaths only, which an import map would have to name one by one: its few functions are bundled in (NOTICE).
export default library(
  ["src/index.ts", "src/files.ts", "src/linear-algebra.ts", "src/optim.ts", "src/truncation.ts", "src/workers.ts"],
  {
    noExternal: [/^pure-rand/],
  },
);
