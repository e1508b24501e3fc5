import { useBackend } from "@latentflow/backend";
import { LinearDirection, labelsAlong, tfjsModel } from "@latentflow/latent-edit";
import { memory } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import type { EmbeddedPictures } from "../src/drawing/report-context.js";
import { reportPage } from "../src/report/index.js";
import type { PictureRecord } from "../src/results/index.js";
import { editFrames } from "../src/steps/pictures/frames.js";
import { withAttribute } from "./made-up/change.js";
import { unbalanced } from "./made-up/markup-check.js";
import { madeUpResults } from "./made-up/results.js";
import tinyModel from "./process/tiny-model.js";

beforeAll(() => useBackend("wasm"));

const { to } = madeUpResults().attributes[0]!;
const TIMES = Array.from({ length: 9 }, (_, i) => (6 * i) / 8);

/** A method whose starts arrive at these places along the times, or never; one other attribute changes at the last. */
interface Shown {
  readonly method: string;
  readonly arrivals: readonly (number | null)[];
}

/** Strips of two starts; `isRead`: with what the regressor reads. */
function pictureRecords(methods: readonly Shown[], isRead = true): PictureRecord[] {
  return [0, 1].map((sample): PictureRecord => {
    const readings = methods.map(({ arrivals }) => {
      const arrival = arrivals[sample] ?? Number.POSITIVE_INFINITY;
      return { classes: TIMES.map((_, i) => (i >= arrival ? to : to + 1)), changed: TIMES.map((_, i) => (i === 8 ? 1 : 0)) };
    });
    const [width, height, alt] = [144, 16 * methods.length, "a strip"];
    const ids = methods.map(({ method }) => method);
    const file = `sample-${sample + 1}.png`;
    return { kind: "strip", file, width, height, methods: ids, times: TIMES, alt, ...(isRead && { readings }) };
  });
}

const PICTURES: EmbeddedPictures = {
  strip: ({ file, methods }) => methods.map((id) => `data:image/png;base64,${file}/${id}`),
  movie: () => "missing",
};

const pageWith = (methods: readonly Shown[], isRead = true) =>
  reportPage(withAttribute({ pictures: pictureRecords(methods, isRead) }), PICTURES);

const figureOf = (page: string) => /<figure class="first-sight">.*?<\/figure>/s.exec(page)?.[0] ?? "";

describe("what a reader sees first", () => {
  it("is the straight edit that gets furthest above the flow, before the sentence and any table", () => {
    const page = pageWith([
      { method: "interfacegan", arrivals: [null, 8] },
      { method: "constant", arrivals: [5, 5] },
      { method: "ode-1", arrivals: [2, 2] },
    ]);
    expect(unbalanced(page)).toEqual([]);
    const figure = figureOf(page);
    expect(page.indexOf(figure)).toBeLessThan(page.indexOf('class="result"'));
    expect(page.indexOf('class="result"')).toBeLessThan(page.indexOf("<table"));
    const alts = [...figure.matchAll(/<img src="data:image\/png;base64,[^"]+" alt="([^"]*)"/g)].map((match) => match[1]);
    expect(alts).toEqual([
      expect.stringMatching(/edited by Trained constant, a straight edit.*first at t = 3\.75 and, at the end, 1 other /),
      expect.stringMatching(/edited by Neural ODE, a curved edit.*first at t = 1\.5/),
    ]);
    expect(figure).toContain("The start is the first of the held-out starts.");
    expect([...figure.matchAll(/class="mark">✓<\/span><\/span>|class="mark off">≠ 1/g)].length).toBeGreaterThan(5);
  });

  it("of straight edits that reach as far, shows the purest", () => {
    const attribute = madeUpResults().attributes[0]!;
    const methods = attribute.methods.map((method) => ({ ...method, evaluation: { ...method.evaluation!, maxControl: 1 } }));
    const areas = attribute.comparison!.areas.map((area) => ({
      ...area,
      meanDisentanglement: area.method === "projected" ? 0.01 : 0.2,
    }));
    const pictures = pictureRecords(
      ["interfacegan", "projected", "constant", "ode-1"].map((method) => ({ method, arrivals: [1, 1] })),
    );
    const changed = withAttribute({ methods, comparison: { ...attribute.comparison!, areas }, pictures });
    expect(figureOf(reportPage(changed, PICTURES))).toContain("edited by InterFaceGAN, projected, a straight edit");
  });

  it("shows the first start that either of them gets there", () => {
    const startOf = (line: Shown["arrivals"], flow: Shown["arrivals"]) =>
      /The start is ([^.]*)/.exec(
        figureOf(
          pageWith([
            { method: "constant", arrivals: line },
            { method: "ode-1", arrivals: flow },
          ]),
        ),
      )?.[1];
    const second = "number 2 of the held-out starts, the first that either of the two edits gets there";
    expect(startOf([null, null], [null, 5])).toBe(second);
    expect(startOf([null, 5], [null, null])).toBe(second);
    expect(startOf([1, null], [null, 5])).toBe("the first of the held-out starts");
    expect(startOf([null, null], [null, null])).toBe("the first of the held-out starts");
  });

  it("is left out without pictures, and has no marks where frames were not read", () => {
    expect(figureOf(reportPage(madeUpResults()))).toBe("");
    const methods = ["constant", "ode-1"].map((method) => ({ method, arrivals: [1, 1] }));
    const figure = figureOf(pageWith(methods, false));
    expect(figure).toContain("<img");
    expect(figure).not.toMatch(/✓|≠|regressor/);
  });
});

it("frames are read as labelsAlong reads them", async () => {
  const { generator, regressor } = tinyModel();
  const model = tfjsModel({ generator, regressor });
  const [samples, d] = [3, model.latentDim];
  const data = Float32Array.from({ length: samples * d }, (_, i) => Math.sin(7 * i));
  const direction = new LinearDirection(Float32Array.from({ length: d }, (_, i) => Math.cos(i)));
  const times = [0, 1, 3];
  const codes = { data, shape: [samples, d] as const };
  const before = memory().numTensors;
  const captions = { method: "m", label: "M", attribute: "a" };
  const { readings } = await editFrames({ model, direction, codes, times, captions, attributeIndex: 1 });
  const labels = await labelsAlong(direction, { model, codes, times });
  expect(memory().numTensors).toBe(before);
  const [, attributes] = labels.shape;
  const at = (sample: number, j: number, time: number) => labels.data[(sample * attributes + j) * times.length + time]!;
  const others = [...Array(attributes).keys()].filter((j) => j !== 1);
  const expected = [...Array(samples).keys()].flatMap((sample) =>
    times.flatMap((_, t) => [at(sample, 1, t), others.filter((j) => at(sample, j, t) !== at(sample, j, 0)).length]),
  );
  expect([...readings!]).toEqual(expected);
  expect(expected.some((x) => x > 0)).toBe(true);
  direction.dispose();
});
