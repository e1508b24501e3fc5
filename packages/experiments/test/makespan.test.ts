import { expect, it } from "vitest";
import { makespan } from "../src/run/makespan.js";

interface Task {
  readonly id: string;
  readonly needs: readonly string[];
  readonly seconds: number;
}
const task = (id: string, seconds: number, ...needs: string[]): Task => ({ id, needs, seconds });
const on = (lanes: number, ...tasks: Task[]) => makespan(tasks, lanes, ({ seconds }) => seconds);

it("jobs share lanes as long as there are some", () => {
  const four = ["a", "b", "c", "d"].map((id) => task(id, 1));
  expect([1, 2, 3, 4, 8].map((lanes) => on(lanes, ...four))).toEqual([4, 2, 2, 1, 1]);
  expect(on(2)).toBe(0);
});

it("one long job takes its time however many lanes there are", () => {
  const short = ["a", "b", "c"].map((id) => task(id, 1));
  expect(on(1, task("train", 8), ...short)).toBe(11);
  expect(on(2, task("train", 8), ...short)).toBe(8);
  // Begun last, as it stands last.
  expect(on(2, ...short, task("train", 8))).toBe(9);
});

it("jobs wait for those that they need; what is not among them is done", () => {
  const chain = [task("a", 1, "before"), task("b", 2, "a"), task("c", 3, "b", "before")];
  expect(on(4, ...chain)).toBe(6);
  expect(
    on(2, task("labels-0", 2), task("labels-1", 2), task("summary", 1, "labels-0", "labels-1"), task("fit", 1, "summary")),
  ).toBe(4);
});
