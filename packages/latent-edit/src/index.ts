export { LatentEditError } from "./errors.js";
export { classScores, fitInterFaceGan, type InterFaceGan, type InterFaceGanOptions } from "./interfacegan.js";
export { type LinearSvm, type LinearSvmOptions, linearSvm } from "./linear-svm.js";
export type { MatrixLike } from "./matrix.js";
export { ganSpace, type PrincipalDirections, seFa } from "./principal-directions.js";
export { type ProjectedDirection, projectDirection } from "./project-direction.js";
