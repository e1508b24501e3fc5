export { type MethodStyle, methodStyles } from "../drawing/palette.js";
export { type CdPlotCurve, cdPlot } from "../drawing/plots/cd-plot.js";
export { type FlowVerdict, flowVerdicts, type PairVerdict, type PairView, REACH } from "../verdicts/verdict.js";
export { csvTables } from "./csv.js";
export { reportPage } from "./page.js";
export { summaryMarkdown } from "./summary.js";
export { writeReport } from "./write-report.js";
