import { Command } from "commander";
export function movieCommand(): Command {
  return new Command("movie");
}
