import { describe, expect, it } from "vitest";
import { ANALYSES } from "../src/analyses/index.js";
import { reportContext } from "../src/drawing/report-context.js";
import { experimentOf } from "../src/experiment/experiment.js";
import { tablesWith } from "../src/extensions/extensions.js";
import { resolveConfig } from "../src/index.js";
import { NO_PICTURES } from "../src/report/embed.js";
import { csvTables, reportPage } from "../src/report/index.js";
import { Plan } from "../src/run/plan.js";
import { STEPS, viewsOf } from "../src/steps/index.js";
import { STEP_NAMES } from "../src/steps/job.js";
import { madeUpResults } from "./made-up/results.js";

const results = madeUpResults();
const networks = { attributes: [{ name: "a", classes: 3 }], latentDim: 4, environment: results.environment };
const experiment = experimentOf(resolveConfig({ methods: ["projected", "ode-1"] }), networks, tablesWith("test"));

describe("the table of steps", () => {
  it("has each name once, in the order of the commands", () => {
    expect(STEPS.map(({ name }) => name)).toEqual([...STEP_NAMES]);
  });

  it("is the plan: every job is of the step that lists it, and comes after those that it needs", () => {
    const jobs = STEPS.flatMap((step) => step.jobs(experiment).map((job) => ({ step: step.name, job })));
    // A trained method may rest on a fitted direction, which either step brings.
    for (const { step, job } of jobs) expect(["fit", step]).toContain(job.step);
    const { jobs: planned } = new Plan(experiment);
    expect([...planned.keys()]).toEqual([...new Set(jobs.map(({ job }) => job.id))]);
    const before = new Set<string>();
    for (const { id, needs } of planned.values()) {
      expect(needs.filter((need) => !before.has(need))).toEqual([]);
      before.add(id);
    }
  });

  it("is what is written and shown: every table of its views, and every part", () => {
    const views = viewsOf(ANALYSES);
    const files = views.flatMap(({ csv }) => csv?.file ?? []);
    expect(new Set(files).size).toBe(files.length);
    expect([...csvTables(results).keys()]).toEqual(files);
    const page = reportPage(results);
    const context = { ...reportContext(results), pictures: NO_PICTURES };
    const places = views.flatMap(({ section }) => {
      const drawn = section?.draw(context, results.attributes[0]!);
      return drawn ? [section!.place, /<h[23][^>]*>([^<]+)|<summary>([^<]+)/.exec(drawn.text)?.slice(1)] : [];
    });
    for (const place of ["lead", "curves", "pictures", "measured", "details", "origin", "curvature", "ground"])
      expect(places).toContain(place);
    const titles = places.flatMap((one) => (Array.isArray(one) ? one.filter((text) => text !== undefined) : []));
    expect(titles.length).toBeGreaterThan(5);
    for (const title of titles) expect(page).toContain(title);
  });
});
