/** In a process of its own: one gradient of the pair with a batch, then the process's largest memory in bytes. Arguments: batch, threads. */
import { useBackend } from "@latentflow/backend";
import { onnxModel } from "@latentflow/onnx";
import { untrainedPair } from "./pair.js";

const [batch = 8, threads = 2] = process.argv.slice(2).map(Number);
await useBackend("cpu");
const { generator, regressor } = await untrainedPair();
const w = generator.sample(batch, { seed: 1 });
const model = await onnxModel({ generator, regressor, threads });
generator.dispose();
regressor.dispose();
const originalLogits = await model.logits(w);
await model.lossAndGradient(w, { attributeIndex: 0, target: 1, originalLogits, temperature: 4, preservationWeight: 1 });
console.log(process.resourceUsage().maxRSS * 1024);
process.exit(0);
