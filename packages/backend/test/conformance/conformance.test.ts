import { availableBackends, useBackend } from "@latentflow/backend";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cases } from "./cases/index.js";
import { checkCase, expectClose, numericGradient, once } from "./check-case.js";
import { recordDifferentiated, refused } from "./differentiated.js";
import { secondOrderCases } from "./second-order.js";

/** Kernels with a gradient that no public operation of real numbers records in tfjs-core 4.22. */
const LEFT_OUT = ["BroadcastTo", "ComplexAbs", "LogSoftmax", "SearchSorted"];

const backends = await availableBackends();

for (const { name, available, reason } of backends) {
  if (!available) {
    describe(name, () => it.skip(`does not start here: ${reason}`, () => {}));
    continue;
  }
  describe(name, () => {
    const counts = { forward: 0, gradients: 0, secondOrder: 0 };
    const skips: string[] = [];
    let differentiated = new Set<string>();
    beforeAll(async () => {
      await useBackend(name);
      differentiated = recordDifferentiated();
    });
    afterAll(() => {
      const skipped = skips.length === 0 ? "no skips" : `${skips.length} skips: ${skips.join("; ")}`;
      console.log(
        `conformance on ${name}: ${counts.forward} forward, ${counts.gradients} gradients, ${counts.secondOrder} second order, ${skipped}`,
      );
    });

    for (const entry of cases) {
      const why = entry.skip?.[name];
      if (why !== undefined) {
        skips.push(`${entry.name} (${why})`);
        it.skip(`${entry.name}: ${why}`, () => {});
        continue;
      }
      it(entry.name, () => {
        checkCase(entry);
        counts.forward++;
        counts.gradients += entry.shapes.length;
      });
    }

    for (const { name: title, run, parameters, expected } of secondOrderCases) {
      it(`second order: ${title}`, () => {
        const before = tf.memory().numTensors;
        const inputs = parameters.map((values) => tf.tensor(Array.from(values.data), [...values.shape]));
        const gradients = tf.grads((...args: tf.Tensor[]) => run(...args))(inputs);
        gradients.forEach((gradient, i) => {
          expectClose(
            gradient.dataSync(),
            once(`second order ${title}/${i}`, () => numericGradient((...args) => expected(...args), parameters, i, 1e-5)),
            5e-3,
            `d/d input ${i}`,
          );
        });
        tf.dispose([inputs, gradients]);
        expect(tf.memory().numTensors).toBe(before);
        counts.secondOrder++;
      });
    }

    it("leaves out no kernel that has a gradient", () => {
      const kernels = Object.values(tf).filter((value) => typeof value === "string") as string[];
      const left = kernels.filter((kernel) => tf.getGradient(kernel) && !differentiated.has(kernel) && !refused.has(kernel));
      expect(left).toEqual(LEFT_OUT);
    });
  });
}
