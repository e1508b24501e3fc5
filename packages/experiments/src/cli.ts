#!/usr/bin/env node
import { EXIT } from "./cli/exit.js";
import { main } from "./cli/main.js";

// Whoever reads the output may leave before its end, as "head" does.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit(EXIT.failed);
  });
}

process.exitCode = await main(process.argv.slice(2));
