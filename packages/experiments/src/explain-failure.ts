import { asError } from "./errors.js";

/** A failed access to a file, in words that say what to do. */
export function explainFailure(cause: unknown): string {
  switch ((cause as NodeJS.ErrnoException).code) {
    case "ENOSPC":
      return "the disk is full; free some space and run the same command again";
    case "EDQUOT":
      return "the disk quota is used up; free some space and run the same command again";
    case "EACCES":
    case "EPERM":
      return "no permission; choose another folder";
    case "EROFS":
      return "the disk is read-only; choose another folder";
    case "ENOENT":
      return "there is no such file or folder";
    case "ENAMETOOLONG":
      return "the name is too long; choose a shorter one";
    case "EISDIR":
      return "a folder stands where a file is needed; choose another name";
    case "ELOOP":
      return "its symbolic links go in a circle; choose another path";
    case "EMFILE":
    case "ENFILE":
      return "too many files are open; raise the limit (ulimit -n 1024) and run the same command again";
    case "ENOMEM":
      return "there is too little memory; close other programs, or take fewer --workers, and run the same command again";
    case "EIO":
      return "the device failed (EIO); check the disk, and choose another folder";
    case "ENOTDIR":
    case "EEXIST":
      return "a file stands where a folder is needed; choose another folder";
    default:
      return asError(cause).message;
  }
}

const FILES = /\b(EMFILE|ENFILE)\b/;
const MEMORY =
  /out.of.memory|ENOMEM|allocation failed|(could not|cannot|failed to) allocate|bad.?alloc|memory access out of bounds/i;

/** Says of an error that the machine has too little of something, and what to do; null of any other. */
export function explainShortage(error: unknown): string | null {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++) {
    const text = `${(at as NodeJS.ErrnoException).code ?? ""} ${at.message}`;
    if (FILES.test(text)) return "Too many files are open: raise the limit (ulimit -n 1024), or take fewer --workers.";
    if (MEMORY.test(text))
      return "There is too little memory: take fewer --workers or smaller batches (sample.batchSize, train.batchSize, evaluate.batchSize), or close other programs.";
  }
  return null;
}
