import type { EngineName } from "@latentflow/engine";
import { Command, InvalidArgumentError, Option } from "commander";
import type { StudyResult } from "../results/index.js";
import { type BuiltStudy, buildStudy } from "../run/build-study.js";
import { tallyStudies } from "../run/tally-study.js";
import { integerOption, listener, pathOption, seedNumber, stoppable } from "./common.js";

interface BuildOptions {
  readonly against: string;
  readonly method?: string;
  readonly out?: string;
  readonly seed: number;
  readonly count: number;
  readonly starts: number;
  readonly people: number;
  readonly attributes?: string[];
  readonly target?: Record<string, string>;
  readonly engine: EngineName;
  readonly json: boolean;
}

const BUILD_HELP = `
Example:
  latentflow study build out/faces --against interfacegan --people 12 --target Wavy_Hair="wavy hair"

Give each person the folder (or put it on a web server) and a number: index.html#7 begins as number 7. The page works from a disk and on a phone, and needs no
network; each person sends back the file that it saves. Then: latentflow study tally out/faces answers/*.json`;

/** `latentflow study` */
export function studyCommand(): Command {
  return new Command("study")
    .description("ask people which of two methods' edits is better: a page to answer on, and what the answers say")
    .addCommand(buildCommand())
    .addCommand(tallyCommand());
}

function buildCommand(): Command {
  return new Command("build")
    .description("write a page that shows originals with two methods' edits, in random order, at equal Control")
    .argument("<run>", "folder of a run whose edits are measured")
    .requiredOption("--against <method>", "the method to compare with: interfacegan, projected, …")
    .option("-m, --method <id>", "the method that is compared (default: the run's last)")
    .option("-o, --out <folder>", "folder of the page (default: study/BUILD/page in the run's)", pathOption)
    .option("--seed <n>", "which codes, who sees what, and on which side", seedNumber, 0)
    .option("--count <n>", "pictures that one person sees", integerOption(1, 1000), 20)
    .option("--starts <n>", "originals of each attribute", integerOption(1, 1000), 8)
    .option("--people <n>", "numbers for people", integerOption(1, 10_000), 20)
    .option("--attributes <names>", "edits to ask about, parted by commas (default: all)", (text: string) => text.split(","))
    .option("--target <attribute=words>", "what a target is called in the question; may be given many times", targetOption)
    .addOption(
      new Option("--engine <name>", "what runs the generator (default: what the run was made with)")
        .choices(["auto", "onnx", "tfjs"])
        .default("auto"),
    )
    .option("--json", "one JSON object a line on stdout, for programs", false)
    .addHelpText("after", BUILD_HELP)
    .action(async (run: string, options: BuildOptions) => {
      const { out: to, target: targets, json, ...given } = options;
      const built = await stoppable((signal) => buildStudy(run, { ...given, to, targets, signal }));
      if (json) console.log(JSON.stringify({ type: "done", ...built }));
      else tellBuilt(run, built);
    });
}

function tellBuilt(run: string, { page, attributes, without, triples, people, count }: BuiltStudy): void {
  for (const { id, control, lengths, target } of attributes) {
    const [first, second] = lengths.map((t) => t.toFixed(2));
    console.log(`${id} towards ${target}: at Control ${Math.round(100 * control)} %, t = ${first} and ${second}`);
  }
  for (const { attribute, why } of without) console.log(`${attribute}: not asked, ${why}`);
  console.log(`${triples} pictures with two edits each; ${people} people see ${count} of them each.`);
  console.log(`The answers' files: latentflow study tally ${run} answers/*.json`);
  console.log(page);
}

function tallyCommand(): Command {
  return new Command("tally")
    .description("count the files of answers, and write the run's report with them")
    .argument("<run>", "folder of the run")
    .argument("<answers...>", "files that the page saved, one a person")
    .option("--json", "one JSON object a line on stdout, for programs", false)
    .action(async (run: string, files: string[], { json }: { json: boolean }) => {
      const { onEvent, end } = listener(json);
      const { results, report } = await stoppable((signal) => tallyStudies(run, files, { onEvent, signal })).finally(end);
      const { studies = [] } = results;
      if (json) console.log(JSON.stringify({ type: "done", report, studies }));
      else {
        for (const study of studies) tellStudy(study);
        console.log(`Report: ${report}`);
      }
    });
}

function tellStudy({ methods: [first, second], people, questions }: StudyResult): void {
  console.log(`${first} against ${second}, ${people} ${people === 1 ? "person" : "people"}`);
  const percent = (share: number) => `${Math.round(100 * share)} %`;
  for (const { question, share, none, responses, interval, preference, pValue, agreement } of questions) {
    const shares = `${first} ${percent(share[0])}, ${second} ${percent(share[1])}, none ${percent(none / responses)} of ${responses}`;
    const [low, high] = interval.map(percent);
    const decided =
      preference === null ? "" : `; of the decided ${percent(preference)} (${low} to ${high}), p = ${pValue.toPrecision(2)}`;
    console.log(`  ${question}: ${shares}${decided}${agreement === null ? "" : `; agreement ${agreement.toFixed(2)}`}`);
  }
}

function targetOption(text: string, all: Record<string, string> = {}): Record<string, string> {
  const cut = text.indexOf("=");
  if (cut < 1 || cut === text.length - 1) throw new InvalidArgumentError("Expected attribute=words, such as Smiling=a smile.");
  return { ...all, [text.slice(0, cut)]: text.slice(cut + 1) };
}
