/** A failed access to a file, in words that say what to do. */
export function explainFailure(cause: unknown): string {
  switch ((cause as NodeJS.ErrnoException).code) {
    case "ENOSPC":
      return "the disk is full; free some space and run the same command again";
    case "EDQUOT":
      return "the disk quota is used up; free some space and run the same command again";
    case "EACCES":
    case "EPERM":
      return "no permission; choose another folder with --out";
    case "EROFS":
      return "the disk is read-only; choose another folder with --out";
    case "ENOENT":
      return "there is no such file or folder";
    case "ENOTDIR":
    case "EEXIST":
      return "a file stands where a folder is needed; choose another folder with --out";
    default:
      return cause instanceof Error ? cause.message : String(cause);
  }
}
