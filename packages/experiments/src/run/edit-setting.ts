import { basename } from "node:path";
import { checkChoice } from "@latentflow/core";
import { autoModel, EngineError, type EngineName, type ModelParts, readGeneratorAlone, readNetworks } from "@latentflow/engine";
import { type Direction, type DirectionInfo, importDirection } from "@latentflow/latent-edit";
import { type Edit, editIds, editOf } from "../config/edits.js";
import { asError, ConfigError, ExperimentsError } from "../errors.js";
import { engineOf } from "../model/engine-of.js";
import { SplitModel } from "../model/split-model.js";
import { startBackend } from "../model/start-backend.js";
import type { EditFrames } from "../results/index.js";
import { directionJob, readDirection } from "../steps/find/directions.js";
import { captionsOf } from "../steps/pictures/pictures.js";
import { mostImages } from "./most-images.js";
import { openRun } from "./report-experiment.js";
import { Session } from "./session.js";

/** What to edit with: a run's direction and networks, or a direction's file with the run's networks or with networks of one's own. */
export interface EditWith {
  /** Folder of the run whose direction, or networks, are used; not looked at where `networks` are given. */
  readonly out: string;
  /** The edited attribute: its name, or its folder's where an attribute has several edits. Default: the run's first; of a file, what it says. */
  readonly attribute?: string | undefined;
  /** Default: the run's last. */
  readonly method?: string | undefined;
  /** File of a direction, in place of one of the run's. */
  readonly direction?: string | undefined;
  /** Networks, in place of the run's. */
  readonly networks?: EditNetworks | undefined;
  readonly engine: EngineName;
  readonly signal?: AbortSignal | undefined;
}

export interface EditNetworks {
  /** File of the generator. */
  readonly generator: string;
  /** File of the regressor; without one, pictures are made and nothing is said of attributes. */
  readonly regressor?: string | undefined;
  /** The regressor's attributes, in order. */
  readonly attributes?: readonly string[] | undefined;
  /** ψ (default 1). */
  readonly truncation?: number | undefined;
}

/** All that an edit needs; the caller disposes it. */
export interface EditSetting {
  readonly model: SplitModel;
  readonly parts: ModelParts;
  /** Whether a regressor reads attributes. */
  readonly isLabelled: boolean;
  readonly direction: Direction;
  readonly captions: Pick<EditFrames, "method" | "label" | "attribute">;
  /** The edited attribute; null where neither file nor caller says which. */
  readonly edit: Pick<Edit, "index" | "from" | "to"> | null;
  /** How far an edit goes by default. */
  readonly maxTime: number;
  /** Images at once. */
  readonly batchSize: number;
  dispose(): Promise<void>;
}

/** How far edits go where nothing says it: the paper's α. */
const MAX_TIME = 6;

export async function editSetting(given: EditWith): Promise<EditSetting> {
  if (given.networks === undefined) return ofRun(given);
  if (given.direction === undefined)
    throw new ConfigError("edit: expected --direction with --generator: the networks alone have no edit. A run's --out has one.");
  return ofFiles(given, given.direction, given.networks);
}

/** The networks of a run, with its direction or a file's. */
async function ofRun(given: EditWith): Promise<EditSetting> {
  const { out, engine, signal } = given;
  const { folder, plan, atOnce } = await openRun("edit", out);
  const { config, networks, edits, methods } = plan.experiment;
  const recorded = engine === "auto" ? engineOf(networks) : engine;
  const session = new Session({ config, folder, engine: recorded, backend: networks.environment.backend.name, signal });
  session.atOnce = atOnce ?? session.atOnce;
  const context = session.context(plan.experiment);
  const { maxTime, batchSize } = config.evaluate;
  const about = { maxTime, batchSize, isLabelled: true };
  const running = async () => {
    const { model } = await context.model();
    return { model: model as SplitModel, parts: await context.parts() };
  };
  try {
    if (given.direction !== undefined) {
      const networksOfRun = await running();
      const found = await fromFile(given.direction, given.attribute, networksOfRun.model, true);
      return { ...networksOfRun, ...about, ...found, dispose: () => disposed(found.direction, () => session.dispose()) };
    }
    const edit = given.attribute === undefined ? edits[0]! : editNamed(edits, given.attribute);
    const ids = methods.map((one) => one.id);
    const id = given.method ?? ids.at(-1)!;
    checkChoice("edit", "--method", id, ids, ConfigError);
    const method = methods.find((one) => one.id === id)!;
    const job = directionJob(edit, method);
    if ((await folder.record(job, plan.inputsOf(job))) === null) {
      throw new ExperimentsError(
        `edit: expected ${edit.name} by ${id} to be found with the settings of ${out}, got none yet. Run "latentflow run" with them first.`,
      );
    }
    const networksOfRun = await running();
    const direction = await readDirection(folder, edit, method);
    const dispose = () => disposed(direction, () => session.dispose());
    return { ...networksOfRun, ...about, direction, edit, captions: captionsOf(edit, method), dispose };
  } catch (error) {
    await session.dispose();
    throw error;
  }
}

/** Networks and a direction, each of its files: no run is needed. */
async function ofFiles(given: EditWith, file: string, networks: EditNetworks): Promise<EditSetting> {
  const { engine, signal } = given;
  const { generator, regressor, attributes, truncation = 1 } = networks;
  await startBackend();
  const isLabelled = regressor !== undefined;
  const reading = isLabelled
    ? readNetworks({ generator, regressor, ...(attributes && { attributes }) })
    : readGeneratorAlone(generator);
  const parts = await reading.catch((cause: unknown) => {
    throw cause instanceof EngineError ? new ConfigError(cause.message.replace("loadModel:", "edit:"), { cause }) : cause;
  });
  const freed = async () => parts.dispose?.();
  try {
    const running = await autoModel(parts, { engine, truncation }).catch((cause: unknown) => {
      throw cause instanceof EngineError ? new ConfigError(cause.message, { cause }) : cause;
    });
    const atOnce = await mostImages(running.model);
    const model = new SplitModel(running.model, () => atOnce, signal);
    const dispose = async () => {
      running.dispose();
      await freed();
    };
    try {
      const found = await fromFile(file, given.attribute, model, isLabelled);
      const trained = (found.info.training as { maxTime?: unknown } | undefined)?.maxTime;
      const maxTime = typeof trained === "number" ? trained : MAX_TIME;
      return {
        model,
        parts,
        isLabelled,
        ...found,
        maxTime,
        batchSize: atOnce,
        dispose: () => disposed(found.direction, dispose),
      };
    } catch (error) {
      running.dispose();
      throw error;
    }
  } catch (error) {
    await freed();
    throw error;
  }
}

async function disposed(direction: Direction, rest: () => Promise<void>): Promise<void> {
  direction.dispose();
  await rest();
}

type FromFile = Pick<EditSetting, "direction" | "captions" | "edit"> & { readonly info: DirectionInfo };

/** A file's direction, with the attribute that the caller or the file says. */
async function fromFile(file: string, attribute: string | undefined, model: SplitModel, isLabelled: boolean): Promise<FromFile> {
  const { direction, info } = await importDirection(file, { model }).catch((cause) => {
    throw new ConfigError(`--direction: could not read ${file}: ${asError(cause).message}`, { cause });
  });
  try {
    if (direction.latentDim !== model.latentDim) {
      throw new ConfigError(
        `--direction: expected a direction of codes of ${model.latentDim} numbers, got one of ${direction.latentDim} in ${file}.`,
      );
    }
    const names = model.attributes.map(({ name }) => name);
    if (attribute !== undefined && isLabelled) checkChoice("edit", "--attribute", attribute, names, ConfigError);
    const name = attribute ?? info.attribute?.name;
    const index = name === undefined ? -1 : names.indexOf(name);
    const isTheFiles = info.attribute !== undefined && info.attribute.name === name;
    const edit = index < 0 ? null : { ...editOf(model.attributes, index), ...(isTheFiles && endsOf(info)) };
    return { direction, info, edit, captions: { method: "file", label: basename(file), attribute: name ?? basename(file) } };
  } catch (error) {
    direction.dispose();
    throw error;
  }
}

function endsOf({ attribute }: DirectionInfo) {
  return { from: attribute!.from, to: attribute!.to };
}

/** The edit of a name: "size" is the first of its attribute, "size.1-0" another. */
function editNamed(edits: readonly Edit[], wanted: string): Edit {
  const names = editIds(edits);
  checkChoice("edit", "--attribute", wanted, names, ConfigError);
  return edits[names.indexOf(wanted)]!;
}
