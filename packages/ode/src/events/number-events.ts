import { OdeError } from "../errors.js";
import type { CheckedEvents } from "../input/check-events.js";
import type { EventsResult } from "../input/events-options.js";
import { float64Problem } from "../input/float64-problem.js";
import { preparePlan } from "../input/plan.js";
import { Float64Space } from "../state/float64-space.js";
import { drive, driveAsync } from "../stepping/drive.js";
import type { Problem } from "../stepping/problem.js";
import { integrateRecorded } from "../stepping/recorder.js";
import { EventsRun } from "./events-run.js";
import { numberSearch } from "./number-event.js";
import { Stretch } from "./stretch.js";

/** Numbers, packed. */
type Numbers = Float64Array;

/** Solves with events on a state of numbers. */
export function solveNumberEvents(checked: CheckedEvents): EventsResult<unknown> {
  const { run, space } = begin(checked);
  while (!run.status) {
    const { problem, stretch } = nextStretch(checked, run);
    const { status } = drive(space, integrateRecorded(problem, stretch));
    run.take({ stretch, states: stretch.states, status });
  }
  return present(checked, run, space);
}

/** The same without blocking. */
export async function solveNumberEventsAsync(checked: CheckedEvents): Promise<EventsResult<unknown>> {
  const { run, space } = begin(checked);
  while (!run.status) {
    const { problem, stretch } = nextStretch(checked, run);
    const { status } = await driveAsync(space, integrateRecorded({ ...problem, cooperative: true }, stretch));
    run.take({ stretch, states: stretch.states, status });
  }
  return present(checked, run, space);
}

function begin(checked: CheckedEvents): { run: EventsRun<Numbers, number>; space: Float64Space } {
  const { caller, y0, events, options } = checked;
  if (y0.kind !== "numbers") {
    throw new OdeError(
      `${caller}: expected y0 to be numbers and Float64Arrays, got tensors; import ${caller} from "@latentflow/ode" for those.`,
    );
  }
  preparePlan(caller, options, checked.methods, checked.extra, checked.times.values, Float64Space.defaultTolerances);
  const space = new Float64Space(caller, y0.structure, y0.leaves, "apply");
  const changes = events.map(({ apply }) => apply && space.dynamics((t, y) => apply(t, y, options.args)));
  const arithmetic = {
    at: (_event: number, t: number, y: Numbers) => ({ t, y }),
    change: (event: number, t: number, y: Numbers) => changes[event]!(t, y.slice()),
    begin: (_t: number, y: Numbers) => y,
    output: (_index: number, y: Numbers) => y,
  };
  return { run: new EventsRun(checked, arithmetic, space.pack(y0.leaves)), space };
}

function nextStretch(
  checked: CheckedEvents,
  run: EventsRun<Numbers, number>,
): { problem: Problem<Numbers>; stretch: Stretch<Numbers> } {
  const { call } = run;
  const problem = { ...float64Problem(call).problem, y0: run.y };
  const events = checked.events.map((event, i) => ({
    search: numberSearch(checked, event, problem),
    before: run.valueBefore(i),
    happens: () => run.happens(i),
  }));
  return { problem, stretch: new Stretch(problem, events, call.times.values) };
}

function present(checked: CheckedEvents, run: EventsRun<Numbers, number>, space: Float64Space): EventsResult<unknown> {
  const { times, names, options } = checked;
  const { outputs, occurrences, end, y, status, statistics } = run;
  options.onStatistics?.({ ...statistics });
  return {
    t: times.values.slice(0, outputs.length),
    y: space.stack(outputs) as never,
    events: Object.fromEntries(
      names.map((name, i) => {
        const { t, y } = occurrences[i]!;
        return [name, { t: Float64Array.from(t) as never, y: space.stack(y) as never }];
      }),
    ),
    end: {
      t: end!.t as never,
      y: space.present(y.slice()) as never,
      event: end!.event === undefined ? undefined : names[end!.event],
    },
    status: status!,
    stats: statistics,
  };
}
