/** `tsx read-mpi3d.ts FILE "in order"|"at random" BYTES`: reads so many bytes of pictures, and says what it took. */
import { openDataset } from "@latentflow/datasets";

const PICTURE = 64 * 64 * 3;
const [file = "", order = "", bytes = ""] = process.argv.slice(2);
const count = Math.floor(Number(bytes) / PICTURE) - 1;
const dataset = await openDataset("mpi3d", file);
const [start, before] = [performance.now(), process.cpuUsage()];
let read = 0;
if (order === "in order") {
  for await (const { image } of dataset) {
    read += image.data.length;
    if (read >= count * PICTURE) break;
  }
} else {
  const wanted = Math.floor(count / 4);
  const step = 7919;
  const lanes = Array.from({ length: 16 }, async (_, lane) => {
    for (let i = lane; i < wanted; i += 16) read += (await dataset.get((i * step) % count)).image.data.length;
  });
  await Promise.all(lanes);
}
const { user, system } = process.cpuUsage(before);
const seconds = (performance.now() - start) / 1000;
await dataset.close();
const peak = 1024 * process.resourceUsage().maxRSS;
console.log(JSON.stringify({ megabytes: read / 1e6, seconds, processor: (user + system) / 1e6, peak }));
