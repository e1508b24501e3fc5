/**
 * Writes the codes z that the package draws from its seed, for `export_generator.py`: z.npy [20000, 64] float32.
 *
 *     npx tsx packages/scenes/training/write-codes.ts --out /var/tmp/latentflow-training/run/z.npy
 */
import { parseArgs } from "node:util";
import { writeNpy } from "@latentflow/checkpoints";
import { SeededRandom } from "@latentflow/core";
import { writeFileAtomic } from "@latentflow/core/files";
import { CODE_COUNT, CODE_SEED, LATENT_DIM } from "../src/codes.js";

const { values } = parseArgs({ options: { out: { type: "string" } } });
if (!values.out) throw new Error("write-codes: expected --out FILE");
const random = new SeededRandom(CODE_SEED);
const data = Float32Array.from({ length: CODE_COUNT * LATENT_DIM }, () => random.normal());
await writeFileAtomic(values.out, writeNpy({ dtype: "float32", shape: [CODE_COUNT, LATENT_DIM], data }));
