import { checkChoice, checkNumber, type DeclaredOptions, describeValue, isFunction, readOptions } from "@latentflow/core";
import type { Scalar } from "@tensorflow/tfjs-core";
import { OdeError } from "../errors.js";
import type { MethodTable } from "../methods/choose.js";
import { checkDynamics, checkInitialState, checkOptionsObject, checkTimes } from "./check-arguments.js";
import { EVENT, refuseEndpoint, type WantedEvent, withinReach } from "./check-event.js";
import type { EventsGradientOptions } from "./events-options.js";
import type { LooseOptions } from "./plan.js";
import type { CheckedCall } from "./problem.js";

/** apply as the library calls it. */
type UserChange = (t: number | Scalar, y: unknown, args: unknown) => unknown;

/** A call that bundlers may leave out: a spread at the top level stays in programs that know no events. */
const ONE_OF_SEVERAL = /* @__PURE__ */ declare();

function declare() {
  return {
    ...EVENT,
    terminal: { default: Number.POSITIVE_INFINITY, check: countOf },
    apply: { optional: true, is: isFunction<UserChange>, expected: "a function (t, y) => y" },
  } as const satisfies DeclaredOptions;
}

/** One event of several. */
export interface OneOfSeveral extends WantedEvent {
  /** How often it happens at most. */
  readonly terminal: number;
  readonly apply: UserChange | undefined;
}

/** What `odeintEvents` was asked for. */
export interface CheckedEvents extends CheckedCall {
  readonly names: readonly string[];
  readonly events: readonly OneOfSeveral[];
  readonly gradient: NonNullable<EventsGradientOptions["gradient"]>;
}

/** How many times an event may happen: the solve ends with the last. */
function countOf(caller: string, terminal: boolean | number, name: string): number {
  if (typeof terminal === "boolean") return terminal ? 1 : Number.POSITIVE_INFINITY;
  if (typeof terminal === "number") return checkNumber(caller, name, terminal, { min: 1, integer: true }, OdeError);
  throw new OdeError(
    `${caller}: expected ${name} to be true, false or how often the event happens, got ${describeValue(terminal)}.`,
  );
}

/** The arguments of `odeintEvents` and `odeintEventsAsync`, checked. */
export function checkEvents(
  caller: string,
  f: unknown,
  y0: unknown,
  t: unknown,
  options: unknown,
  methods: MethodTable,
): CheckedEvents {
  checkOptionsObject(caller, options, "options with events");
  const { events, endpoint, gradient = "steps", adjoint } = options as { readonly [name: string]: unknown };
  if (typeof events !== "object" || events === null || Array.isArray(events) || Object.keys(events).length === 0) {
    throw new OdeError(
      `${caller}: expected events to be a record of at least one { event: (t, y) => scalar }, got ${describeValue(events)}.`,
    );
  }
  refuseEndpoint(caller, endpoint);
  const times = checkTimes(caller, t);
  const start = times.values[0]!;
  const checked = {
    caller,
    f: checkDynamics(caller, f),
    y0: checkInitialState(caller, y0),
    times,
    options: withinReach(options as LooseOptions, start, times.values.at(-1)!),
    methods,
    extra: ["events", "gradient", "adjoint"],
    names: Object.keys(events),
    events: Object.entries(events).map(([name, event]) => {
      checkOptionsObject(`${caller}: events.${name}`, event, "{ event: (t, y) => scalar }");
      return readOptions(`${caller}: events.${name}`, ONE_OF_SEVERAL, event, OdeError);
    }),
    gradient: checkChoice(caller, "gradient", gradient, ["steps", "checkpointed", "adjoint"], OdeError),
  };
  if (checked.y0.kind === "numbers" && gradient !== "steps")
    throw new OdeError(`${caller}: gradient does not apply to a state of numbers; leave it out.`);
  if (adjoint !== undefined && gradient !== "adjoint")
    throw new OdeError(`${caller}: adjoint does not apply with gradient: "${gradient}"; leave it out.`);
  return checked;
}
