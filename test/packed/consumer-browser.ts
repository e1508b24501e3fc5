/** A page's program, type-checked under the condition `browser`: what needs Node is not offered to it. */
import * as latentflow from "latentflow";

const { edit, loadModel, odeint } = latentflow;
console.log(edit, loadModel, odeint);

// @ts-expect-error runs in Node alone
console.log(latentflow.runExperiment);
// @ts-expect-error the same
console.log(latentflow.reportExperiment);
