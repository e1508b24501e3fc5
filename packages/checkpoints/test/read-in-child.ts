/** Reads the file named on the command line in a process of its own; prints {"peak": bytes, "rows": number}. */
import { existsSync, readFileSync } from "node:fs";
import { NpzFile, readNvlabsPickle, readSafetensors, readTorch } from "../src/index.js";

const path = process.argv[2]!;
let rows = 0;
if (path.endsWith(".npz")) {
  const npz = await NpzFile.open(path);
  for await (const { tensor } of npz.slices("images")) rows += tensor.shape[0]!;
  await npz.close();
} else if (path.endsWith(".safetensors")) rows = (await readSafetensors(path)).tensors.size;
else if (path.endsWith(".pkl")) rows = (await readNvlabsPickle(path)).size;
else rows = ((await readTorch(path)) as Map<string, unknown>).size;

// Linux hands a parent's maxRSS on to its children; VmHWM is the process's own.
const status = existsSync("/proc/self/status") ? readFileSync("/proc/self/status", "utf8") : "";
const kilobytes = Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? process.resourceUsage().maxRSS);
console.log(JSON.stringify({ peak: kilobytes * 1024, rows }));
