import { requireArrival } from "../input/problem.js";
import type { MethodTable } from "../methods/choose.js";
import { drive } from "../stepping/drive.js";
import { integrate } from "../stepping/integrate.js";
import { Outputs } from "../stepping/outputs.js";
import { checkSensitivities } from "./check-sensitivities.js";
import { forEachNumber } from "./for-each-number.js";
import type { Sensitivities, SensitivitiesOf } from "./options.js";
import type { Column } from "./variational-equations.js";
import { type ParametricCall, variationalProblem } from "./variational-problem.js";

/** What `sensitivities` does, with the methods that its entry knows by name. */
export function solveSensitivities(
  caller: string,
  args: readonly [f: unknown, y0: unknown, parameters: unknown, t: unknown, options: unknown],
  methods: MethodTable,
): Sensitivities<unknown, unknown, SensitivitiesOf> {
  const { call, of } = checkSensitivities(caller, ...args, methods);
  const byParameters = of === "y0" ? [] : parameterColumns(call);
  const byStart = of === "parameters" ? [] : startColumns(call);
  const columns = [...byParameters, ...byStart];
  const { problem, states, size } = variationalProblem(call, columns);
  const outputs = new Outputs(problem.space, call.times.values, problem.y0);
  const { status } = drive(problem.space, integrate(problem, outputs));
  call.options.onStatistics?.({ ...problem.statistics });
  requireArrival(caller, status);
  const stackOf = (k: number, scale: number) =>
    states.stack(outputs.states.map((all) => all.slice(k * size, (k + 1) * size).map((value) => value / scale)));
  const derivatives = columns.map(({ scale }, k) => stackOf(k + 1, scale));
  return {
    y: stackOf(0, 1),
    parameters: of === "y0" ? undefined : forEachNumber(call.parameters, derivatives.slice(0, byParameters.length)),
    y0: of === "parameters" ? undefined : forEachNumber(call.y0, derivatives.slice(byParameters.length)),
  } as Sensitivities<unknown, unknown, SensitivitiesOf>;
}

function parameterColumns({ y0, scales }: ParametricCall): Column[] {
  const size = numbersOf(y0).length;
  return Array.from(scales, (scale, parameter) => ({ parameter, scale, start: new Float64Array(size) }));
}

/** dy/dy0 starts as the unit matrix. */
function startColumns({ y0 }: ParametricCall): Column[] {
  const numbers = numbersOf(y0);
  return numbers.map((number, j) => {
    const start = new Float64Array(numbers.length);
    start[j] = 1;
    return { parameter: undefined, scale: Math.abs(number) || 1, start };
  });
}

const numbersOf = ({ leaves }: ParametricCall["y0"]): number[] =>
  leaves.flatMap((leaf) => (typeof leaf === "number" ? leaf : [...leaf]));
