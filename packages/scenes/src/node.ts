export { type ExportOptions, exportScenesNpz } from "./export-npz.js";
export { type RenderOptions, renderScenes } from "./render-pool.js";
