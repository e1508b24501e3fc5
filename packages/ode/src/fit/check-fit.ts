import { type DeclaredOptions, isFunction, isGiven, readOptions } from "@latentflow/core";
import { OdeError } from "../errors.js";
import { checkDynamics, checkOptionsObject, type UserDynamics } from "../input/check-arguments.js";
import { checkNumbersLike, checkNumberTree, type NumberTree } from "../input/numbers-like.js";
import { SOLVE_OPTIONS } from "../input/plan.js";
import type { MethodTable } from "../methods/choose.js";
import { DERIVATIVE_OPTIONS, readDerivativeOptions } from "../sensitivities/check-sensitivities.js";
import { type CheckedData, checkData } from "./check-data.js";
import { presentParameters } from "./present.js";
import type { FitProgress } from "./types.js";

/** What `fit` was asked for, checked. */
export interface CheckedFit {
  readonly caller: string;
  readonly f: UserDynamics;
  readonly parameters: NumberTree;
  readonly data: readonly CheckedData[];
  readonly solving: ReturnType<typeof readDerivativeOptions>;
  readonly methods: MethodTable;
  readonly lower: Float64Array;
  readonly upper: Float64Array;
  readonly maxIterations: number;
  readonly tolerance: number;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((progress: FitProgress<unknown>) => void) | undefined;
}

/** What `fit` takes besides the options of every solve. */
const FIT = {
  lower: { optional: true, is: isGiven, expected: "bounds" },
  upper: { optional: true, is: isGiven, expected: "bounds" },
  maxIterations: { default: 100, min: 1, integer: true },
  tolerance: { default: 1e-10, min: 0 },
  onProgress: { optional: true, is: isFunction<(progress: FitProgress<unknown>) => void>, expected: "a function" },
} as const satisfies DeclaredOptions;

export function checkFit(
  caller: string,
  f: unknown,
  parameters: unknown,
  data: unknown,
  options: unknown,
  methods: MethodTable,
): CheckedFit {
  checkOptionsObject(caller, options);
  const names = [...SOLVE_OPTIONS, ...DERIVATIVE_OPTIONS].filter((name) => name !== "onStatistics" && name !== "onStep");
  const { lower, upper, ...own } = readOptions(caller, FIT, options, OdeError, names);
  const others = Object.fromEntries(Object.entries(options).filter(([name]) => !Object.hasOwn(FIT, name)));
  const tree = checkNumberTree(caller, "parameters", parameters);
  const [least, most] = [
    checkNumbersLike(caller, "lower", lower, tree, Number.NEGATIVE_INFINITY),
    checkNumbersLike(caller, "upper", upper, tree, Number.POSITIVE_INFINITY),
  ];
  tree.values.forEach((value, j) => {
    if (!(least[j]! <= value && value <= most[j]! && least[j]! < most[j]!))
      throw new OdeError(
        `${caller}: expected lower < upper with the parameters between, got ${least[j]}, ${most[j]} and the parameter ${value} (number ${j}).`,
      );
  });
  const startOf = (y0: unknown) => (typeof y0 === "function" ? y0(presentParameters(tree, tree.values)) : y0);
  return {
    caller,
    f: checkDynamics(caller, f),
    parameters: tree,
    data: checkData(caller, data, startOf),
    solving: readDerivativeOptions(caller, others, tree),
    methods,
    lower: least,
    upper: most,
    ...own,
    signal: others.signal as AbortSignal | undefined,
  };
}
