import { attributeNames } from "@latentflow/core";

/** What the paper did with a data set. */
interface ReleasedDataset {
  /** What its code's folders call it. */
  readonly folders: readonly string[];
  /** ψ around the mean latent. */
  readonly truncation: number;
  /** Attributes that it edits, where no file says which. */
  readonly attributes: readonly string[] | "all";
}

/** The paper's data sets: one is a line. */
export const RELEASED_DATASETS = {
  ffhq: { folders: ["ffhq"], truncation: 0.7, attributes: ["Male", "Wavy_Hair"] },
  places365: { folders: ["places365", "scenes"], truncation: 0.7, attributes: ["lush", "rugged"] },
  cub: { folders: ["cub"], truncation: 0.7, attributes: attributeNames("cub").filter((name) => !name.startsWith("attribute ")) },
  isaac3d: { folders: ["isaac3d"], truncation: 1, attributes: "all" },
  mpi3d: { folders: ["mpi3d"], truncation: 0.7, attributes: attributeNames("mpi3d").slice(0, 5) },
} as const satisfies Readonly<Record<string, ReleasedDataset>>;

export type ReleasedName = keyof typeof RELEASED_DATASETS;

export const RELEASED_NAMES = Object.keys(RELEASED_DATASETS) as readonly ReleasedName[];
