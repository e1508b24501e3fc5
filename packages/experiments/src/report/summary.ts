import { count, duration, fixed, NONE, percent, words } from "../drawing/numbers.js";
import {
  type AttributeResult,
  type ExperimentResults,
  LEAST_CONTROL,
  type MethodId,
  type MethodResult,
} from "../results/index.js";
import { headline } from "../verdicts/headline.js";
import { noStarts } from "../verdicts/no-results.js";
import { flowVerdicts, REACH } from "../verdicts/verdict.js";
import { verdictWords } from "../verdicts/verdict-words.js";
import { checkResults } from "./check-results.js";
import { withDistinctNames } from "./distinct-names.js";

/** Where the drawing of an attribute's CD curves lies, by its place among the attributes. Numbered, since names may not be file names. */
export function figureFile({ name }: AttributeResult, index: number): string {
  return `cd-${index}-${name.replace(/[^\w.-]+/g, "-")}.svg`;
}

/**
 * The results on one page of Markdown, for a README or a repository: who wins, a table, one plot and one strip an attribute, and how it was made.
 * Pictures are linked where a run's folder has them: `figures/` and `pictures/`.
 */
export function summaryMarkdown(all: ExperimentResults): string {
  checkResults("summaryMarkdown", all);
  const results = withDistinctNames(all);
  const { attributes, config, missing } = results;
  const parts = [
    `# ${plain(config.name)}`,
    ...headline(results).map(plain),
    missing.length > 0 && `**Not complete**: ${count(missing.length, "job")} had no result when this was written.`,
    described(results),
    attributes.length > 0 && table(results),
    attributes.length > 0 && legend(results),
    ...attributes.map(section),
    made(results),
  ];
  return `${parts.filter((part) => typeof part === "string").join("\n\n")}\n`;
}

function described({ environment, sample, attributes }: ExperimentResults): string {
  const { generator } = environment;
  const starts = attributes.flatMap(({ methods }) => methods.flatMap(({ evaluation }) => evaluation?.samples ?? []));
  const [low, high] = [Math.min(...starts), Math.max(...starts)];
  const held =
    starts.length === 0 ? "" : `; measured on ${low === high ? low : `${low} to ${high}`} held-out starts an attribute`;
  return plain(
    `Generator: ${generator.name} (${generator.height} × ${generator.width} pixels, latent dimension ${generator.latentDim}); ` +
      `${sample.codes.toLocaleString("en")} codes to learn from${held}.`,
  );
}

function table({ attributes }: ExperimentResults): string {
  const methods = new Map<MethodId, string>(attributes.flatMap((one) => one.methods.map(({ id, label }) => [id, label])));
  const flows = [...methods.keys()].filter((id) => attributes.some((one) => flowOf(one, id)));
  const verdict = (attribute: AttributeResult, id: MethodId) =>
    flowVerdicts(attribute).find(({ flow }) => flow.id === id)?.outcome ?? flowOf(attribute, id)?.none?.why ?? NONE;
  const rows = attributes.map((attribute) => [
    `${words(attribute.name)} ${attribute.from} → ${attribute.to}`,
    ...flows.map((id) => verdict(attribute, id)),
    ...[...methods.keys()].map((id) => reachAndPurity(attribute, id)),
  ]);
  const against = flows.map((id) => (flows.length === 1 ? "flow against all lines" : `${methods.get(id)} against all lines`));
  const head = ["attribute", ...against, ...methods.values()];
  const line = (cells: readonly string[]) => `| ${cells.map(plain).join(" | ")} |`;
  return [line(head), `|${" --- |".repeat(head.length)}`, ...rows.map(line)].join("\n");
}

function flowOf({ methods }: AttributeResult, id: MethodId): MethodResult | undefined {
  return methods.find((method) => method.id === id && method.kind === "nonlinear");
}

function reachAndPurity({ comparison, methods }: AttributeResult, id: MethodId): string {
  const area = comparison?.areas.find(({ method }) => method === id);
  const reached = area?.maxControl ?? methods.find((method) => method.id === id)?.evaluation?.maxControl;
  return reached === undefined ? NONE : `${percent(reached)}, ${fixed(area?.meanDisentanglement, 3)}`;
}

function legend({ config }: ExperimentResults): string {
  const reached =
    config.evaluate.control === "changed" ? "have changed the attribute by some" : "show the wanted value at the best";
  return (
    `In each cell: the largest Control (the share of starts that ${reached} edit length; more is better), and the mean Disentanglement at equal Control ` +
    `(how much the other attributes change: entropy of an attribute's classes at the ${config.evaluate.times} edit lengths from 0 to ${config.evaluate.maxTime}, as far as t, over the logarithm of their number, ` +
    `mean over attributes and starts; less is better) over the range that all methods share which get ${percent(LEAST_CONTROL)} of the starts there. Verdicts are of paired tests, each over the range ` +
    "that its two methods share: a flow wins when it is better than every " +
    `straight edit, loses when one of them is better, and ties otherwise; out of reach: no method gets ${percent(REACH)} of the starts there.`
  );
}

function section(attribute: AttributeResult, index: number): string {
  const verdicts = flowVerdicts(attribute).map((verdict) => {
    const { head, against } = verdictWords(attribute, verdict);
    return plain(`${head}: ${against}.`);
  });
  const measured = attribute.methods.some(({ evaluation }) => evaluation !== null);
  const strip = attribute.pictures.find(({ file }) => file.endsWith(".svg"));
  const name = words(attribute.name);
  const without = noStarts(attribute);
  const parts = [
    `## ${plain(name)}`,
    ...(without === null ? verdicts : [plain(`No starts. ${without}`)]),
    probed(attribute),
    measured && `![CD curves of ${plain(name)}](figures/${figureFile(attribute, index)})`,
    strip && `![${plain(strip.alt)}](${strip.file.split("/").map(encodeURIComponent).join("/")})`,
  ];
  return parts.filter((part) => typeof part === "string").join("\n\n");
}

function probed({ probes }: AttributeResult): string | false {
  return (
    probes !== null &&
    `Read off the code alone: by a linear probe for ${percent(probes.linear)}, by a nonlinear one for ${percent(probes.nonlinear)} ` +
      `(the most frequent class: ${percent(probes.baseline)}).`
  );
}

function made({ rerun, environment, timings, config }: ExperimentResults): string {
  const { versions, machine, engine, backend } = environment;
  const seconds = timings.reduce((sum, timing) => sum + timing.seconds, 0);
  const facts = [
    machine,
    `generator and regressor on ${engine.name} (${engine.device}), directions on tfjs ${backend.name} (${backend.device})`,
    ...Object.entries(versions).map(([name, version]) => `${name} ${version}`),
    `jobs took ${duration(seconds)} in all`,
  ];
  return [
    "## How it was made",
    ...(rerun === "" ? [] : [fenced("sh", rerun)]),
    `${facts.map(plain).join("; ")}.`,
    `<details><summary>All settings</summary>\n\n${fenced("json", JSON.stringify(config, null, 2))}\n\n</details>`,
  ].join("\n\n");
}

/** A code block whose fence the text cannot close. */
function fenced(language: string, text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${language}\n${text}\n${fence}`;
}

/** Text on one line that Markdown leaves as it is, in a table, too. */
function plain(text: string): string {
  return text
    .replace(/\s+/g, (space) => (space === "\u00a0" ? space : " "))
    .replace(/[\\`*_[\]|#]/g, "\\$&")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
}
