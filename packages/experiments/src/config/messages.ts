import type { z } from "zod";

type Issue = z.core.$ZodIssue;

/** Problems told at once: a person mends them one by one. */
const MOST = 5;

/** What is wrong with a configuration, one line a field, names that are not known first. */
export function explainIssues(issues: readonly Issue[]): string {
  const lines = new Map<string, string>();
  const isUnknown = ({ code }: Issue) => Number(code === "unrecognized_keys");
  for (const issue of [...issues].sort((a, b) => isUnknown(b) - isUnknown(a))) {
    // A number may miss two limits: its field is named once.
    for (const { field, line } of linesOf(issue, [])) if (!lines.has(field)) lines.set(field, line);
  }
  const told = [...lines.values()];
  const more = told.length > MOST ? [`config: ${told.length - MOST} more fields are wrong.`] : [];
  return [...told.slice(0, MOST), ...more].join("\n");
}

/** An issue's field with its line. Of the kinds that a value could have, the one that it has says what is wrong with it. */
function linesOf(issue: Issue, outer: readonly PropertyKey[]): { field: string; line: string }[] {
  const path = [...outer, ...issue.path];
  const kind = issue.code === "invalid_union" ? issue.errors.find((issues) => issues.every(isInside)) : undefined;
  if (kind !== undefined) return kind.flatMap((inner) => linesOf(inner, path));
  const field = fieldOf(path);
  const { message } = issue;
  if (!message.includes("{field}")) return [{ field, line: `config${field && `.${field}`}: ${message}` }];
  // By a function: dollar signs in a replacement's text would stand for something.
  return [{ field, line: `config: ${message.replace("{field}", () => field)}` }];
}

function isInside({ code, path }: Issue): boolean {
  return path.length > 0 || (code !== "invalid_type" && code !== "invalid_value");
}

/** "attributes[0].name" */
function fieldOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>((name, key) => {
    if (typeof key === "number") return `${name}[${key}]`;
    return name === "" ? String(key) : `${name}.${String(key)}`;
  }, "");
}
