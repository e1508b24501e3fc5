import { join } from "node:path";
import {
  checkChoice,
  type DeclaredOptions,
  describeValue,
  type GivenOptions,
  isList,
  readOptions,
  SeededRandom,
  SIGNAL,
} from "@latentflow/core";
import { writeFileAtomic } from "@latentflow/core/files";
import { checkText, isRecord, isText } from "../checks.js";
import { type Edit, editIds } from "../config/edits.js";
import { MAX_SEED } from "../config/schema.js";
import { ConfigError, ExperimentsError } from "../errors.js";
import type { Method } from "../methods/method.js";
import { engineOf } from "../model/engine-of.js";
import { evaluateJob } from "../steps/evaluate/evaluate.js";
import type { StepContext } from "../steps/job.js";
import { hashOfJson } from "../store/hash.js";
import { bookletsOf } from "../study/booklets.js";
import { studyFolder, writeStudy } from "../study/kept-studies.js";
import { studyHtml } from "../study/page-html.js";
import { pageOf, pictureFile, type Study, type StudyAttribute, type Triple } from "../study/study.js";
import { openRun } from "./report-experiment.js";
import { Session } from "./session.js";
import { atEqualControl, triplesOf } from "./study-pictures.js";

const STUDY = {
  /** Everything random follows from it: which codes, what each person sees, on which side (default 0). */
  seed: { default: 0, integer: true, min: 0, max: MAX_SEED },
  /** Pictures that one person sees, spread evenly over the attributes (default 20). */
  count: { default: 20, integer: true, min: 1, max: 1000 },
  /** Originals of each attribute (default 8). */
  starts: { default: 8, integer: true, min: 1, max: 1000 },
  /** Numbers for people (default 20). */
  people: { default: 20, integer: true, min: 1, max: 10_000 },
  /** The method that the other is compared with: "interfacegan". */
  against: { is: isText, expected: "the id of a method" },
  /** The other method (default: the run's last). */
  method: { optional: true, is: isText, expected: "the id of a method" },
  /** Folder of the page (default: `study/BUILD/page` in the run's folder). */
  to: { optional: true, is: isText, expected: "a folder's path" },
  /** Edits that are asked about, as `edit --attribute` calls them (default: all of the run). */
  attributes: { optional: true, is: isList<string>, expected: "a list" },
  /** What the target of an edit is called: `{ object_shape: "a sphere" }`. Default: "present" of two classes, else its number. */
  targets: { default: {}, check: checkTargets },
  /** Default: the run's. */
  engine: { default: "auto", choices: ["auto", "onnx", "tfjs"] },
  signal: SIGNAL,
} as const satisfies DeclaredOptions;

export interface BuildStudyOptions extends GivenOptions<typeof STUDY> {}

function checkTargets(caller: string, targets: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  if (isRecord(targets)) return targets;
  throw new ConfigError(`${caller}: expected targets by attribute, got ${describeValue(targets)}.`);
}

export interface BuiltStudy {
  /** Path of the page. */
  readonly page: string;
  readonly build: string;
  readonly attributes: readonly StudyAttribute[];
  /** Edits that are not asked about, and why. */
  readonly without: Study["without"];
  readonly triples: number;
  readonly people: number;
  /** Pictures that each person sees. */
  readonly count: number;
}

/**
 * Writes the page of a human study as the paper did it: an original and two methods' edits of it in random order, at equal Control. What the page does
 * not say, which method made which picture, stays in the run's folder.
 *
 * @param out folder of the run
 * @throws ConfigError for options that do not fit the run; ExperimentsError where its edits are not measured yet
 */
export async function buildStudy(out: string, options: BuildStudyOptions): Promise<BuiltStudy> {
  const settings = readOptions("buildStudy", STUDY, options, ConfigError);
  const { seed, count, starts, people, against, method, to, engine, signal } = settings;
  const { folder, plan, atOnce } = await openRun("buildStudy", out);
  const { config, networks, methods } = plan.experiment;
  const pair = pairOf(methods, against, method);
  const edits = chosenEdits(plan.experiment.edits, settings);
  const recorded = engine === "auto" ? engineOf(networks) : engine;
  const session = new Session({ config, folder, engine: recorded, backend: networks.environment.backend.name, signal });
  session.atOnce = atOnce ?? session.atOnce;
  const context: StepContext = { ...session.context(plan.experiment), progress: () => undefined };
  try {
    for (const job of edits.flatMap(({ edit }) => pair.map((method) => evaluateJob(edit, method)))) {
      if ((await folder.record(job, plan.inputsOf(job))) === null)
        throw new ExperimentsError(
          `study: expected ${job} to be done with the settings of ${out}. Run "latentflow run" with them first.`,
        );
    }
    const random = new SeededRandom(seed);
    const attributes: StudyAttribute[] = [];
    const without: { attribute: string; why: string }[] = [];
    const triples: Triple[] = [];
    const pictures = new Map<string, Uint8Array>();
    for (const { edit, id, target } of edits) {
      // Drawn for every edit, so that one that is left out changes nothing for the others.
      const own = random.fork();
      const equal = await atEqualControl(context, edit, pair);
      if (typeof equal === "string") without.push({ attribute: id, why: equal });
      else {
        attributes.push({ id, words: words(id), target, ...equal });
        triples.push(...(await triplesOf(context, { edit, id, pair, lengths: equal.lengths, starts, random: own, pictures })));
      }
    }
    if (triples.length === 0) {
      const reasons = without.map(({ attribute, why }) => `${attribute}: ${why}`).join("; ");
      throw new ConfigError(
        `study: expected an edit that both ${pair[0].id} and ${pair[1].id} bring about, got none (${reasons}).`,
      );
    }
    const booklets = bookletsOf(triples, { people, count, random });
    const ids = [pair[0].id, pair[1].id] as const;
    const content = {
      format: "latentflow-study",
      version: 1,
      methods: ids,
      seed,
      attributes,
      without,
      triples,
      booklets,
    } as const;
    const study: Study = { ...content, build: hashOfJson(content) };
    await writeStudy(folder, study);
    const page = to ?? join(studyFolder(folder, study.build), "page");
    for (const [hash, png] of pictures) await writeFileAtomic(join(page, pictureFile(hash)), png, { within: page });
    await writeFileAtomic(join(page, "index.html"), studyHtml(pageOf(study, "Which edit is better?")), { within: page });
    const about = { build: study.build, attributes, without, triples: triples.length, people, count: booklets[0]!.length };
    return { page: join(page, "index.html"), ...about };
  } finally {
    await session.dispose();
  }
}

function pairOf(methods: readonly Method[], against: string, method: string | undefined): readonly [Method, Method] {
  const ids = methods.map(({ id }) => id);
  const wanted = method ?? ids.findLast((id) => id !== against) ?? against;
  checkChoice("study", "--method", wanted, ids, ConfigError);
  checkChoice("study", "--against", against, ids, ConfigError);
  if (wanted === against) throw new ConfigError(`study: expected two methods, got ${against} against itself.`);
  const named = (id: string) => methods.find((one) => one.id === id)!;
  return [named(wanted), named(against)];
}

interface ChosenEdit {
  readonly edit: Edit;
  readonly id: string;
  readonly target: string;
}

function chosenEdits(
  edits: readonly Edit[],
  { attributes, targets = {} }: Pick<BuildStudyOptions, "attributes" | "targets">,
): ChosenEdit[] {
  const ids = editIds(edits);
  if (attributes?.length === 0) throw new ConfigError("study: expected --attributes to name some, got none.");
  for (const id of attributes ?? []) checkChoice("study", "--attributes", id, ids, ConfigError);
  for (const [id, target] of Object.entries(targets)) {
    checkChoice("study", "--target", id, ids, ConfigError);
    checkText("study", `--target ${id}`, target, "words");
  }
  return edits.flatMap((edit, i): ChosenEdit[] => {
    const id = ids[i]!;
    if (attributes !== undefined && !attributes.includes(id)) return [];
    return [{ edit, id, target: targets[id] ?? targetOf(edit) }];
  });
}

function targetOf({ classes, to }: Edit): string {
  if (classes === 2) return to === 1 ? "present" : "absent";
  return `value ${to + 1} of ${classes}`;
}

const words = (name: string) => name.replaceAll("_", " ");
