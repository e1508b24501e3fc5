/**
 * Writes the codes z that the package draws from its seed, for `export_generator.py`: z.npy [20000, latent] float32.
 *
 *     npx tsx packages/scenes/training/write-codes.ts --out /var/tmp/latentflow-training/run/z.npy --latent 96
 */
import { parseArgs } from "node:util";
import { writeNpy } from "@latentflow/checkpoints";
import { SeededRandom } from "@latentflow/core";
import { writeFileAtomic } from "@latentflow/core/files";
import { CODE_COUNT, CODE_SEED } from "../src/codes.js";

const { values } = parseArgs({ options: { out: { type: "string" }, latent: { type: "string", default: "64" } } });
if (!values.out) throw new Error("write-codes: expected --out FILE");
const latent = Number(values.latent);
const random = new SeededRandom(CODE_SEED);
const data = Float32Array.from({ length: CODE_COUNT * latent }, () => random.normal());
await writeFileAtomic(values.out, writeNpy({ dtype: "float32", shape: [CODE_COUNT, latent], data }));
