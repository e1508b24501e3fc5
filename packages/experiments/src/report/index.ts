export { csvTables } from "./csv.js";
export { reportPage } from "./page.js";
export { type MethodStyle, methodStyles } from "./palette.js";
export { type CdPlotCurve, cdPlot } from "./plots/cd-plot.js";
export { writeReport } from "./write-report.js";
