/** MPI3D, toy: five factors edited, all seven measured. `npm run example:mpi3d -- --released FOLDER`, or `-- --smoke`. */
import { paperExample, whenStarted } from "../paper-example.js";

export const mpi3d = (args: readonly string[]) => paperExample({ dataset: "mpi3d" }, args);

await whenStarted(import.meta.url, mpi3d);
