/** Many directions at once on worker threads. Node only: `import { trainDirections } from "@latentflow/latent-edit/workers"`. */
export type { PortableTrainOptions, TrainJob } from "./workers/protocol.js";
export { type TrainDirectionsOptions, type TrainedJob, trainDirections } from "./workers/train-directions.js";
